"use strict";
for (const tools of document.querySelectorAll(".tools")) {
  const list = document.getElementById(tools.dataset.list);
  const parts = [...list.children];
  const [field, order] = [tools.querySelector("input"), tools.querySelector("select")];
  const has = (element, text) => element.textContent.toLowerCase().includes(text);
  const search = () => {
    const text = field.value.trim().toLowerCase();
    let shown = 0;
    for (const part of parts) {
      const whole = !text || has(part.querySelector(".name"), text);
      part.hidden = !whole && !has(part, text);
      shown += part.hidden ? 0 : 1;
      for (const item of part.querySelectorAll(".files li")) {
        item.hidden = !whole && !has(item, text);
      }
      for (const box of part.querySelectorAll("details")) {
        box.open = !whole && has(box, text);
      }
    }
    tools.querySelector("output").textContent = text ? `${shown} of ${parts.length}` : "";
  };
  const sort = () => {
    const key = order.value;
    parts.sort((a, b) => key === "name"
      ? a.dataset.name.localeCompare(b.dataset.name)
      : b.dataset[key] - a.dataset[key]);
    list.append(...parts);
  };
  field.addEventListener("input", search);
  order.addEventListener("change", sort);
  tools.hidden = false;
}
const reveal = () => {
  const goal = document.getElementById(location.hash.slice(1));
  const box = goal && goal.querySelector(":scope > details");
  if (box) {
    box.open = true;
    goal.scrollIntoView();
  }
};
addEventListener("hashchange", reveal);
reveal();
