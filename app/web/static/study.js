// Makes studying quick: the next card is on the page before it is needed, the answer is sent behind it.
// Without this script the same forms work as pages. Nothing is lost when a request fails: an answer, and an undo, is
// sent again under the same id until the server has it.

"use strict";

const stage = document.getElementById("stage");
const status = document.querySelector(".said");
const undo = document.querySelector("form.undo");
const keys = document.getElementById("keys");
const words = document.getElementById("words").dataset;
const RETRY_MS = [1000, 2000, 5000, 10000];
const LONGEST_MS = 120000;
const LONGEST_WAIT_MS = 15000;
const DOUBLE_CLICK_MS = 500;
const DOUBLE_TAP_MS = 300;
const DOUBLE_TAP_PX = 32;
const FIRST_LINES_PX = 128;

let upcoming = document.getElementById("upcoming")?.innerHTML ?? null;
const loadedAt = performance.now();
const offeredFirst = undo.action;
let shownAt = loadedAt;
let changedAt = loadedAt;
let lastPress = null;
let isTouched = false;
let sending = null;
const unsaved = new Map();
let refusal = 0;
let isUndoing = false;

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
  undo.hidden = false;
  undo.querySelector("span").textContent = undo.dataset.words;
  undo.action = undo.dataset.action.replace("00000000-0000-0000-0000-000000000000", review);
}

function turn() {
  const details = current()?.querySelector(".turn");
  if (details && !details.open) {
    details.open = true;
  }
}

// A card is shown: its question has the focus, its clock starts, its answer takes the focus when it is turned.
function welcome() {
  shownAt = changedAt = performance.now();
  const card = current();
  if (!card) return;
  card.querySelector(".turn").addEventListener("toggle", () => {
    reveal(card.querySelector(".answer"), card.querySelector(".grades"));
  });
  card.querySelector(".grades").addEventListener("submit", grade);
  window.scrollTo(0, 0);
}

// The question stays where it was unless the first lines of the answer are out of sight, over the page or under the bar.
function reveal(answer, bar) {
  answer.focus({ preventScroll: true });
  const { top, height } = answer.getBoundingClientRect();
  const below = top + Math.min(height, FIRST_LINES_PX) - bar.getBoundingClientRect().top;
  window.scrollBy(0, Math.min(top, Math.max(0, below)));
}

function show(html) {
  stage.innerHTML = html;
  welcome();
  current().querySelector(".question").focus({ preventScroll: true });
}

function grade(event) {
  event.preventDefault();
  const form = event.currentTarget;
  if (!event.submitter || form.dataset.sent || isUndoing) return;
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
  offerUndo(answer.get("review"));
  send(form.action, answer, (reply) => received(reply, form), () => {
    if (!form.isConnected && current()) answer.set("holding", current().dataset.card);
  });
}

// Undo means the answer given last. What is graded until its page has come would be another card than it seems; the
// second click of a double click on Undo would take back the answer before.
function takeBack(event) {
  event.preventDefault();
  const isFirst = undo.action === offeredFirst;
  const isSecondClick = event.submitter && isFirst && performance.now() - loadedAt < DOUBLE_CLICK_MS;
  if (isUndoing || isSecondClick) return;
  isUndoing = true;
  send(undo.action, new FormData(undo), takenBack);
}

function takenBack(reply) {
  refusal = 0;
  location.assign(reply.location);
}

// What is sent goes out in turn: the reply to an answer names the card after the next, an undo needs its answer there.
function send(address, answer, receive, prepare = () => {}) {
  const job = () => {
    prepare();
    return deliver(address, answer, 0)
      .then((reply) => (reply.refused ? refuse(reply) : receive(reply)))
      .then(() => done(answer));
  };
  unsaved.set(answer, address);
  stage.ariaBusy = "true";
  sending = sending ? sending.then(job, job) : job();
}

// After a refusal the page is not to be trusted: the server shows what holds, once nothing is on its way.
function done(answer) {
  unsaved.delete(answer);
  if (unsaved.size) return;
  stage.ariaBusy = "false";
  if (!refusal) return;
  const renewed = new URL(words.renewed, location);
  renewed.searchParams.set("refused", refusal);
  location.replace(renewed);
}

function post(address, answer, signal) {
  // URL-encoded is quicker to read than multipart; keepalive lets the request outlive the page.
  const body = new URLSearchParams(answer);
  return fetch(address, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true, signal });
}

// The page is left: what has no reply yet goes out once more; the server takes the same answer only once.
function leave() {
  for (const [answer, address] of unsaved) post(address, answer);
}

async function deliver(address, answer, attempt) {
  const { reply, trouble } = await tried(address, answer);
  if (reply) return reply;
  say(trouble || words.unsaved);
  await new Promise((wake) => {
    setTimeout(wake, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]);
    window.addEventListener("online", wake, { once: true });
  });
  return deliver(address, answer, attempt + 1);
}

// The server's reply, or why there is none yet. Only a proxy in front redirects: it wants a log-in of its own first.
async function tried(address, answer) {
  try {
    const response = await post(address, answer, AbortSignal.timeout(LONGEST_WAIT_MS));
    if (response.redirected) return {};
    const reply = await response.json();
    if (response.ok) return { reply };
    if (response.status < 500) return { reply: { ...reply, refused: response.status } };
    return { trouble: response.status === 507 ? reply.error : "" };
  } catch {
    return {};
  }
}

function refuse(reply) {
  say(reply.error || words.refused);
  refusal = reply.refused;
}

function received(reply, form) {
  forget();
  say(reply.said);
  for (const [name, count] of Object.entries(reply.left)) {
    const place = document.querySelector(`[data-left="${name}"]`);
    if (place) place.textContent = count;
  }
  if (!isAnswered(current())) {
    upcoming = reply.next;
  } else if (reply.next) {
    show(reply.next);
  } else if (form.isConnected && !isUndoing) {
    location.assign(reply.end);
  }
}

// The address says what was done before this page, and which card it began with: not so any more after an answer.
function forget() {
  const address = new URL(location);
  for (const name of ["card", "undone", "refused", "after", "aside", "of"]) address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
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
  const key = event.key.toLowerCase();
  if (event.key === "?") {
    keys.showModal();
  } else if (key === "u" && !undo.hidden) {
    undo.requestSubmit();
  } else if (key === "e" && card) {
    card.querySelector(".menu .place").click();
  } else if (event.key === " " && card && !event.target.closest("a, button, audio")) {
    turn();
  } else if (/^[0-9]$/.test(event.key) && open) {
    choose(card, Number(event.key));
  } else {
    return;
  }
  event.preventDefault();
}

// Asked for in the menu: what was learnt is to work at once, so the focus goes back to the question afterwards.
function tellKeys() {
  current().querySelector(".menu").open = false;
  current().querySelector(".question").focus({ preventScroll: true });
  keys.showModal();
}

// With four buttons the keys are 1 to 4 in their order; with the full scale they are the grades themselves.
function choose(card, number) {
  const buttons = [...card.querySelectorAll(".grades button")];
  const button = buttons.length === 4 ? buttons[number - 1] : buttons.find(({ value }) => Number(value) === number);
  button?.click();
}

// Safari on a phone counts no clicks: there a double tap is told by its time and its place.
function isEcho(event) {
  const passed = performance.now() - changedAt;
  if (event.detail > 1) return passed < DOUBLE_CLICK_MS;
  if (!isTouched || event.detail === 0 || !lastPress || passed >= DOUBLE_TAP_MS) return false;
  return Math.hypot(event.clientX - lastPress.clientX, event.clientY - lastPress.clientY) < DOUBLE_TAP_PX;
}

// A page that comes back from the browser's memory may be stale: the server knows what is next.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
window.addEventListener("pagehide", leave);
document.addEventListener("keydown", press);
document.addEventListener("pointerdown", (event) => {
  isTouched = event.pointerType === "touch";
});
// The second click of a double click means nothing that came up under it: no grade, and not the next card's answer.
stage.addEventListener("click", (event) => {
  if (isEcho(event)) {
    event.preventDefault();
  } else {
    changedAt = performance.now();
    lastPress = event;
  }
});
stage.addEventListener("click", (event) => {
  if (event.target.closest("button.keys")) tellKeys();
});
undo.addEventListener("submit", takeBack);
// A phone's Safari tells no click on a place where there is nothing to press.
document.addEventListener("pointerdown", (event) => {
  const menu = document.querySelector(".menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector(".menu[open]");
  if (!menu || event.key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
welcome();
current()?.querySelector(".question").focus({ preventScroll: true });
