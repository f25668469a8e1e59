{
  const part = document.currentScript.parentElement;
  const table = part.querySelector("table.ledger"), form = part.querySelector("form.choices");
  const heads = [...table.tHead.rows[0].cells], bodies = [...table.tBodies]; // by id, as are ties
  const key = (body, column) => { const cell = body.rows[0].cells[column]; return cell.dataset.key ?? cell.textContent.trim(); };
  const missing = (text) => text === "" || text === "–";
  const numeric = (text) => Number.isFinite(Number(text));
  const compare = (a, b) => numeric(a) && numeric(b) ? a - b : a.localeCompare(b);
  const sort = (column, sign) => {
    const keyed = bodies.map((body) => [key(body, column), body]);
    keyed.sort(([a], [b]) => missing(a) - missing(b) || sign * compare(a, b));
    keyed.forEach(([, body]) => table.append(body));
  };
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    sort(column, sign);
  }));
  const narrow = () => {
    const chosen = [...form.querySelectorAll("select")].filter((select) => select.value);
    bodies.forEach((body) => { body.hidden = chosen.some((select) => body.dataset[select.name] !== select.value); });
    form.querySelector("output").value = `${bodies.filter((body) => !body.hidden).length} of ${bodies.length} rows`;
  };
  form.addEventListener("change", narrow);
  form.hidden = false;
  narrow();
}
