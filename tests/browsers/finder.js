// (role, name) => the first visible element with this role whose accessible name contains the words, else null.
(role, name) => {
  const selectors = {
    button: "button, [role=button], summary",
    link: "a[href]",
    checkbox: "input[type=checkbox]",
    radio: "input[type=radio]",
    textbox: "input:not([type]), input[type=text], input[type=email], textarea",
    file: "input[type=file]",
    heading: "h1, h2, h3",
    img: "img, [role=img]",
    alert: "[role=alert]",
    text: "p, span, h1, h2, h3, li, label, button, a, td, th, dd, strong, b",
  };
  const clean = (text) => (text ?? "").replace(/\s+/g, " ").trim();
  const labels = (element) => [...(element.labels ?? [])].map((label) => label.textContent).join(" ");
  const nameOf = (element) =>
    clean(element.getAttribute("aria-label") || labels(element) || element.getAttribute("alt") || element.textContent);
  // Boxes and file pickers may be drawn by their labels.
  const isVisible = (element) =>
    [element, ...(element.labels ?? [])].some((part) => part.getClientRects().length && getComputedStyle(part).visibility !== "hidden");
  const found = [...document.querySelectorAll(selectors[role])].filter(isVisible);
  const wanted = clean(name);
  return found.find((element) => nameOf(element) === wanted) ?? found.find((element) => nameOf(element).includes(wanted)) ?? null;
}
