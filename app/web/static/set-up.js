// Chooses the browser's time zone, which is more often right than the server's.

"use strict";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const select = document.querySelector("select[data-zone]");
if (select && [...select.options].some((option) => option.value === zone)) select.value = zone;
