// The lightroom: choosing a portrait shows it large; rating and picking are saved without leaving the page.
const gallery = /** @type {HTMLFormElement} */ (document.getElementById("gallery"));
if (gallery) {
  const print = /** @type {HTMLImageElement} */ (document.getElementById("print"));
  const caption = document.getElementById("caption");
  const state = document.getElementById("state");
  const pick = document.getElementById("pick");
  const unpick = document.getElementById("unpick");
  const said = document.getElementById("said");
  /** @type {NodeListOf<HTMLInputElement>} */
  const inputs = gallery.querySelectorAll('input[name="photo"]');
  const radios = [...inputs];
  const frameOf = (radio) => /** @type {HTMLElement} */ (radio.closest(".frame"));
  const chosen = () => radios.find((radio) => radio.checked) ?? radios[0];

  const show = () => {
    const radio = chosen();
    const frame = frameOf(radio);
    const picked = gallery.dataset.favourite === radio.value;
    if (print.getAttribute("src") !== radio.dataset.main) {
      print.src = radio.dataset.main;
      print.alt = `Portrait ${radio.dataset.number}, large`;
    }
    caption.textContent = `${radio.dataset.number} of ${radios.length}`;
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (gallery.querySelectorAll(".rate button"))) {
      button.setAttribute("aria-pressed", String(frame.dataset.liked === button.value));
    }
    state.hidden = !picked;
    state.textContent = picked ? "Your favourite" : "";
    pick.hidden = picked;
    unpick.hidden = !picked;
  };

  const mark = (told, radio) => {
    frameOf(radio).dataset.liked = told.liked;
    gallery.dataset.favourite = told.favourite ?? "";
    for (const each of radios) frameOf(each).toggleAttribute("data-picked", each.value === gallery.dataset.favourite);
  };

  const WORDS = { favourite: "picked", clear: "is no longer picked" };
  const RATED = { none: "not rated", liked: "liked", loved: "loved" };

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
      const answer = await fetch(gallery.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (answer.redirected || !answer.ok) {
        location.reload();
        return;
      }
      const told = await answer.json();
      mark(told, radio);
      show();
      said.textContent = `Photo ${radio.dataset.number} ${WORDS[act] ?? RATED[told.liked]}.`;
      // The pressed button may just have gone; its counterpart takes the focus.
      if (submitter.hidden) (submitter === pick ? unpick : pick).focus();
    } catch {
      said.textContent = "That was not saved. Check your connection, then try again.";
      said.classList.remove("unseen");
    } finally {
      gallery.removeAttribute("aria-busy");
    }
  });
  // Browsers restore the chosen radio on reload; the large picture must agree with it.
  show();
}
