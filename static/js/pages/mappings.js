// The page of mappings: a file that is dropped anywhere on the form is taken, and the proposal asked for at once.

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("#propose"));
const input = /** @type {HTMLInputElement | null} */ (document.querySelector("#sample"));

if (form && input) {
  const zone = input.closest(".drop") ?? form;
  zone.classList.add("drop--live");
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("drop--over");
  });
  form.addEventListener("dragleave", () => zone.classList.remove("drop--over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("drop--over");
    const files = event.dataTransfer?.files;
    if (files?.length === 1) {
      input.files = files;
      form.requestSubmit();
    }
  });
}
