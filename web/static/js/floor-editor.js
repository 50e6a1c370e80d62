// The floor-plan editor: spaces are dragged, or moved with the arrow keys (with
// Shift they grow and shrink). It only writes into the number fields of the table
// below the plan, which is what is sent; without script those are typed into.

const editor = document.querySelector("[data-floor-editor]");
const svg = editor?.querySelector("svg");
const grid = Number(editor?.dataset.grid ?? 10);
const [left, top_, wide, high] = (svg?.getAttribute("viewBox") ?? "0 0 0 0").split(" ").map(Number);
const limit = { x: wide + left * 2, y: high + top_ };
const snap = (value) => Math.round(value / grid) * grid;

const fieldsOf = (id) => Object.fromEntries(["x", "y", "width", "height"].map((name) => [name, document.getElementsByName(`${name}/${id}`)[0]]));

// read and write are the one way from the fields to the drawing and back.
const read = (id) => Object.fromEntries(Object.entries(fieldsOf(id)).map(([name, field]) => [name, Number(field.value)]));

function write(id, place) {
  for (const [name, field] of Object.entries(fieldsOf(id))) field.value = place[name];
  draw(id);
}

function draw(id) {
  const spot = svg.querySelector(`.spot[data-space="${CSS.escape(id)}"]`);
  const place = read(id);
  const shape = spot.querySelector(".shape");
  for (const name of ["x", "y", "width", "height"]) shape.setAttribute(name, place[name]);
  const words = spot.querySelector("text");
  words.setAttribute("x", place.x + place.width / 2);
  words.setAttribute("y", place.y + place.height / 2);
}

function move(id, by) {
  const place = read(id);
  place.width = Math.max(grid, place.width + (by.width ?? 0));
  place.height = Math.max(grid, place.height + (by.height ?? 0));
  place.x = Math.min(Math.max(0, place.x + (by.x ?? 0)), Math.max(0, limit.x - place.width));
  place.y = Math.min(Math.max(0, place.y + (by.y ?? 0)), Math.max(0, limit.y - place.height));
  write(id, place);
  const name = svg.querySelector(`.spot[data-space="${CSS.escape(id)}"] text`).textContent;
  document.getElementById("said").textContent = `${name}: ${place.x}, ${place.y}, ${place.width} × ${place.height}`;
}

const keys = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function onKey(event, id) {
  const step = keys[event.key];
  if (!step) return;
  event.preventDefault();
  const [right, down] = step.map((n) => n * grid);
  move(id, event.shiftKey ? { width: right, height: down } : { x: right, y: down });
}

// A point of the screen in the plan's centimetres.
const inPlan = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());

function onDrag(start, spot, id) {
  start.preventDefault();
  spot.focus();
  spot.setPointerCapture(start.pointerId);
  const from = inPlan(start);
  const place = read(id);
  const follow = (event) => {
    const at = inPlan(event);
    const now = read(id);
    move(id, { x: snap(place.x + at.x - from.x) - now.x, y: snap(place.y + at.y - from.y) - now.y });
  };
  spot.addEventListener("pointermove", follow);
  for (const end of ["pointerup", "pointercancel"]) {
    spot.addEventListener(end, () => spot.removeEventListener("pointermove", follow), { once: true });
  }
}

for (const spot of svg?.querySelectorAll(".spot") ?? []) {
  const id = spot.dataset.space;
  spot.setAttribute("tabindex", "0");
  spot.setAttribute("role", "button");
  spot.classList.add("movable");
  spot.addEventListener("keydown", (event) => onKey(event, id));
  spot.addEventListener("pointerdown", (event) => onDrag(event, spot, id));
}
editor?.addEventListener("input", (event) => {
  const row = event.target.closest("[data-place]");
  if (row) draw(row.dataset.place);
});
