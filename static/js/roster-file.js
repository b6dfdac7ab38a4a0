/** Says before the upload that a list is too large; without this the server says it. */
// @ts-check

const input = /** @type {HTMLInputElement | null} */ (document.querySelector("#file[data-max]"));

function checkSize() {
  const file = input?.files?.[0];
  const isTooLarge = file !== undefined && file.size > Number(input?.dataset.max);
  input?.setCustomValidity(isTooLarge ? (input?.dataset.tooLarge ?? "") : "");
  if (isTooLarge) input?.reportValidity();
}

input?.addEventListener("change", checkSize);
// A file may have been chosen before this script arrived.
checkSize();
