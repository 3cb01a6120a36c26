// Makes studying quick: the next card is on the page before it is needed, the answer is sent behind it.
// Without this script the same forms work as pages. Nothing is lost when a request fails: the answer is sent
// again under the same id until the server has it.

"use strict";

const stage = document.getElementById("stage");
const status = document.querySelector(".said");
const undo = document.querySelector("form.undo");
const keys = document.getElementById("keys");
const words = document.getElementById("words").dataset;
const RETRY_MS = [1000, 2000, 5000, 10000];
const LONGEST_MS = 120000;
const DOUBLE_CLICK_MS = 400;

let upcoming = document.getElementById("upcoming")?.innerHTML ?? null;
let shownAt = performance.now();
let sending = null;
const unsaved = new Map();
let refusal = false;
let isUndoWanted = false;

function current() {
  return stage.querySelector(".card");
}

function say(text) {
  status.replaceChildren();
  if (text) {
    const line = document.createElement("p");
    line.textContent = text;
    status.append(line);
  }
}

function offerUndo(review) {
  undo.hidden = !review;
  if (review) {
    undo.action = undo.dataset.action.replace("00000000-0000-0000-0000-000000000000", review);
    undo.elements.undo.value = crypto.randomUUID?.() ?? undo.elements.undo.value;
  }
}

function turn() {
  const details = current()?.querySelector(".turn");
  if (details && !details.open) {
    details.open = true;
  }
}

// A card is shown: its question has the focus, its clock starts, its answer takes the focus when it is turned.
function welcome() {
  shownAt = performance.now();
  const card = current();
  if (!card) return;
  card.querySelector(".turn").addEventListener("toggle", () => {
    card.querySelector(".answer").focus({ preventScroll: false });
  });
  card.querySelector(".grades").addEventListener("submit", grade);
  window.scrollTo(0, 0);
}

function show(html) {
  stage.innerHTML = html;
  welcome();
  current().querySelector(".question").focus({ preventScroll: true });
}

function grade(event) {
  event.preventDefault();
  const form = event.currentTarget;
  if (!event.submitter || form.dataset.sent || isUndoWanted) return;
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  const answer = new FormData(form);
  answer.set("grade", event.submitter.value);
  answer.set("took_ms", String(Math.min(LONGEST_MS, Math.round(performance.now() - shownAt))));
  if (upcoming) {
    show(upcoming);
    upcoming = null;
  } else {
    say(words.loading);
  }
  offerUndo(null);
  send(form.action, answer, form);
}

// Answers go out one after the other: the reply to one names the card after the next.
function send(address, answer, form) {
  const job = () => {
    if (!form.isConnected && current()) answer.set("holding", current().dataset.card);
    return deliver(address, answer, 0).then((reply) => received(reply, form)).then(() => done(answer));
  };
  unsaved.set(answer, address);
  stage.ariaBusy = "true";
  sending = sending ? sending.then(job, job) : job();
}

// After a refusal the page is not to be trusted: the server shows what holds, once no answer is on its way.
function done(answer) {
  unsaved.delete(answer);
  if (unsaved.size) return;
  stage.ariaBusy = "false";
  if (refusal) {
    location.replace(words.renewed);
  } else if (isUndoWanted) {
    takeBack();
  }
}

// Undo means the answer given last: while that one is on its way, it waits for it.
function takeBack() {
  isUndoWanted = unsaved.size > 0;
  if (!isUndoWanted && !undo.hidden) undo.requestSubmit();
}

function post(address, answer) {
  // URL-encoded is quicker to read than multipart; keepalive lets the request outlive the page.
  const body = new URLSearchParams(answer);
  return fetch(address, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true });
}

// The page is left: what has no reply yet goes out once more; the server takes the same answer only once.
function leave() {
  for (const [answer, address] of unsaved) post(address, answer);
}

async function deliver(address, answer, attempt) {
  try {
    const response = await post(address, answer);
    if (response.redirected) return { location: response.url };
    if (response.status >= 500 && response.status !== 507) throw new Error(String(response.status));
    const reply = await response.json();
    return response.ok ? reply : { ...reply, refused: true };
  } catch {
    say(words.unsaved);
    await new Promise((wake) => setTimeout(wake, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]));
    return deliver(address, answer, attempt + 1);
  }
}

function received(reply, form) {
  if (reply.location) {
    location.assign(reply.location);
    return;
  }
  if (reply.refused) {
    say(reply.error || words.refused);
    refusal = true;
    return;
  }
  say(reply.said);
  if (unsaved.size === 1) offerUndo(reply.undo);
  for (const [name, count] of Object.entries(reply.left)) {
    const place = document.querySelector(`[data-left="${name}"]`);
    if (place) place.textContent = count;
  }
  if (!isAnswered(current())) {
    upcoming = reply.next;
  } else if (reply.next) {
    show(reply.next);
  } else if (form.isConnected) {
    location.assign(reply.end);
  }
}

// The card on the page waits for the next one when it was answered before that one had come.
function isAnswered(card) {
  return Boolean(card?.querySelector(".grades").dataset.sent);
}

function typing(event) {
  return event.isComposing || event.keyCode === 229 || event.repeat || event.ctrlKey || event.metaKey || event.altKey;
}

function press(event) {
  if (typing(event)) return;
  if (keys.open) {
    if (event.key === "?") keys.close();
    return;
  }
  if (event.target.closest("input, select, textarea, .menu")) return;
  const card = current();
  const open = card?.querySelector(".turn").open;
  if (event.key === "?") {
    keys.showModal();
  } else if (event.key === "u") {
    takeBack();
  } else if (event.key === "e" && card) {
    card.querySelector(".menu .place").click();
  } else if (event.key === " " && card && !event.target.closest("a, button")) {
    turn();
  } else if (/^[0-9]$/.test(event.key) && open) {
    choose(card, Number(event.key));
  } else {
    return;
  }
  event.preventDefault();
}

// With four buttons the keys are 1 to 4 in their order; with the full scale they are the grades themselves.
function choose(card, number) {
  const buttons = [...card.querySelectorAll(".grades button")];
  const button = buttons.length === 4 ? buttons[number - 1] : buttons.find(({ value }) => Number(value) === number);
  button?.click();
}

// A page that comes back from the browser's memory may be stale: the server knows what is next.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
window.addEventListener("pagehide", leave);
document.addEventListener("keydown", press);
// The second click of a double click on a grade is no wish to see the answer of the card that came up under it.
stage.addEventListener("click", (event) => {
  if (event.detail > 1 && performance.now() - shownAt < DOUBLE_CLICK_MS) event.preventDefault();
});
document.addEventListener("click", (event) => {
  const menu = document.querySelector(".menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
welcome();
current()?.querySelector(".question").focus({ preventScroll: true });
