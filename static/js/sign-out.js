// The page that ends the session at the identity provider: sends its form without a press.

const form = /** @type {HTMLFormElement | null} */ (document.getElementById("end-session"));
form?.submit();

export {};
