// Pages that take a file: one that is dropped anywhere on the form is chosen, and where the form says so
// (`data-drop="submit"`) it is sent at once.

for (const zone of document.querySelectorAll(".drop")) {
  const input = /** @type {HTMLInputElement | null} */ (zone.querySelector("input[type=file]"));
  const form = input?.form;
  if (!input || !form) continue;
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
    if (files?.length !== 1) return;
    input.files = files;
    if (form.dataset.drop === "submit") form.requestSubmit();
  });
}
