// The dark surround of pictures that are judged. Loaded before the page is painted, so that it never flashes white.
{
  const STORED = "dark-surround";
  const root = document.documentElement;
  root.classList.toggle("dark-room", localStorage.getItem(STORED) === "yes");
  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("surround");
    const show = () => {
      button.ariaPressed = String(root.classList.contains("dark-room"));
    };
    button.addEventListener("click", () => {
      const isDark = root.classList.toggle("dark-room");
      if (isDark) localStorage.setItem(STORED, "yes");
      else localStorage.removeItem(STORED);
      show();
    });
    show();
  });
}
