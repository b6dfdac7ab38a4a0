// The gallery: shows the selected portrait large; saves ratings and the favorite without leaving the page.
const gallery = /** @type {HTMLFormElement} */ (document.getElementById("gallery"));
if (gallery) {
  const print = /** @type {HTMLImageElement} */ (document.getElementById("print"));
  const caption = document.getElementById("caption");
  const state = document.getElementById("state");
  const pick = document.getElementById("pick");
  const unpick = document.getElementById("unpick");
  const status = document.getElementById("action-status");
  /** @type {NodeListOf<HTMLInputElement>} */
  const inputs = gallery.querySelectorAll('input[name="photo"]');
  const radios = [...inputs];
  const frameOf = (radio) => /** @type {HTMLElement} */ (radio.closest(".frame"));
  const chosen = () => radios.find((radio) => radio.checked) ?? radios[0];

  const show = () => {
    const radio = chosen();
    const frame = frameOf(radio);
    const picked = gallery.dataset.favorite === radio.value;
    if (print.getAttribute("src") !== radio.dataset.main) {
      print.src = radio.dataset.main;
      print.alt = `Portrait ${radio.dataset.number}, large`;
    }
    caption.textContent = `${radio.dataset.number} of ${radios.length}`;
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (gallery.querySelectorAll(".rate button"))) {
      button.setAttribute("aria-pressed", String(frame.dataset.liked === button.value));
    }
    state.hidden = !picked;
    state.textContent = picked ? "Your favorite" : "";
    pick.hidden = picked;
    unpick.hidden = !picked;
  };

  const mark = (result, radio) => {
    frameOf(radio).dataset.liked = result.liked;
    gallery.dataset.favorite = result.favorite ?? "";
    for (const each of radios) frameOf(each).toggleAttribute("data-picked", each.value === gallery.dataset.favorite);
  };

  const ACTION_TEXTS = { favorite: "picked", clear: "is no longer picked" };
  const RATING_TEXTS = { none: "not rated", liked: "liked", loved: "loved" };

  gallery.addEventListener("change", () => {
    show();
    const frame = frameOf(chosen());
    frame.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  gallery.addEventListener("submit", async (event) => {
    const submitter = /** @type {HTMLButtonElement} */ (event.submitter);
    const act = submitter?.value;
    if (!act) return;
    event.preventDefault();
    const radio = chosen();
    const body = new FormData();
    body.append("photo", radio.value);
    body.append("act", act);
    gallery.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(gallery.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (response.redirected || !response.ok) {
        location.reload();
        return;
      }
      const result = await response.json();
      mark(result, radio);
      show();
      status.textContent = `Photo ${radio.dataset.number} ${ACTION_TEXTS[act] ?? RATING_TEXTS[result.liked]}.`;
      // If the pressed button is hidden now, focus its counterpart.
      if (submitter.hidden) (submitter === pick ? unpick : pick).focus();
    } catch {
      status.textContent = "That was not saved. Check your connection, then try again.";
      status.classList.remove("unseen");
    } finally {
      gallery.removeAttribute("aria-busy");
    }
  });
  // Browsers restore the selected radio on reload; show its picture.
  show();
}
