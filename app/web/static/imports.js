// Lets files be dropped anywhere on the field's label, where a browser takes them on its button alone.

"use strict";

const input = document.querySelector("#files");
const zone = input.closest(".drop");

zone.addEventListener("dragover", (event) => event.preventDefault());
zone.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
});
