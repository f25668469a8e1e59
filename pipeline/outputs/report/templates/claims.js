{
  const part = document.currentScript.parentElement;
  const table = part.querySelector("table.ledger"), form = part.querySelector("form.choices");
  const heads = [...table.tHead.rows[0].cells], bodies = [...table.tBodies]; // by id, as are ties
  const cell = (body, column) => body.rows[0].cells[column];
  const numeric = (text) => Number.isFinite(Number(text));
  const compare = (a, b) => numeric(a) && numeric(b) ? a - b : a.localeCompare(b);
  const sort = (column, sign) => {
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    const keyed = bodies.map((body) => [cell(body, column).dataset.key, cell(body, column).dataset.unit ?? "", body]);
    keyed.sort(([a, of], [b, other]) => (a === "") - (b === "") || of.localeCompare(other) || sign * compare(a, b));
    keyed.forEach(([, , body]) => table.append(body));
  };
  const narrow = () => {
    const fields = [...form.elements].filter((field) => field.name && field.value);
    const fits = (body, { name, value }) => {
      if (name === "q") return body.textContent.toLowerCase().includes(value.toLowerCase());
      return name === "verdict" ? body.dataset.verdict.includes(`|${value}|`) : body.dataset[name] === value;
    };
    bodies.forEach((body) => { body.hidden = fields.some((field) => !fits(body, field)); });
    form.querySelector("output").value = `${bodies.filter((body) => !body.hidden).length} of ${bodies.length} claims`;
  };
  // The address says what is chosen, #study=...&q=..., so that Back returns to it; any other fragment is a row.
  const choose = () => {
    const found = decodeURIComponent(location.hash.slice(1));
    const row = bodies.find((body) => body.id === found);
    bodies.forEach((body) => body.classList.toggle("shown", body === row));
    if (!row) {
      const chosen = new URLSearchParams(found.includes("=") ? location.hash.slice(1) : "");
      [...form.elements].filter((field) => field.name).forEach((field) => { field.value = chosen.get(field.name) ?? ""; });
      const [column, sign] = (chosen.get("sort") ?? "0,1").split(",").map(Number);
      sort(heads[column] ? column : 0, sign === -1 ? -1 : 1);
    } else if (row.hidden) {
      form.querySelectorAll("select, input").forEach((field) => { field.value = ""; });
    }
    narrow();
    row?.scrollIntoView();
  };
  const keep = (replace) => {
    const chosen = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    const column = heads.findIndex((head) => head.hasAttribute("aria-sort"));
    const sign = heads[column].getAttribute("aria-sort") === "ascending" ? 1 : -1;
    if (column || sign < 0) chosen.set("sort", `${column},${sign}`);
    history[replace ? "replaceState" : "pushState"](null, "", `#${chosen}`);
    bodies.forEach((body) => body.classList.remove("shown"));
    narrow();
  };
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    sort(column, head.getAttribute("aria-sort") === "ascending" ? -1 : 1);
    keep(false);
  }));
  form.addEventListener("input", (event) => { keep(event.target.name === "q"); });
  form.addEventListener("submit", (event) => { event.preventDefault(); });
  form.addEventListener("reset", () => { setTimeout(() => keep(false)); });
  addEventListener("popstate", choose);
  addEventListener("hashchange", choose);
  form.hidden = false;
  choose();
}
