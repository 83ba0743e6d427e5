// Comma-separated values (RFC 4180), with other separators, quotes and line ends as they come.

/** The rows of a text. */
export function parse(text: string): string[][] {
  const separator = guess(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  for (let n = 0; n < text.length; n += 1) {
    const char = text[n];
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[n + 1] === '"') {
        cell += '"';
        n += 1;
      } else quoted = false;
    } else if (char === '"' && cell === "") quoted = true;
    else if (char === separator) {
      row.push(cell);
      cell = "";
    } else if (char === "\n" || char === "\r") {
      if (char === "\r" && text[n + 1] === "\n") n += 1;
      row.push(cell);
      rows.push(row);
      [row, cell] = [[], ""];
    } else cell += char;
  }
  if (cell !== "" || row.length > 0) rows.push([...row, cell]);
  return rows.filter((cells) => cells.some((one) => one.trim() !== ""));
}

/** The separator that the first line has most of; a comma where it has none. */
function guess(text: string): string {
  const first = text.slice(0, Math.max(0, text.search(/[\r\n]/)) || 2000);
  const counts = [",", ";", "\t", "|"].map((one): [string, number] => [one, first.split(one).length]);
  return counts.sort((a, b) => b[1] - a[1])[0]?.[0] ?? ",";
}

/** Words that a column of names is headed by. */
const HEADS = /^(full[ _-]?)?names?$|^(customer|party|entity|company|organi[sz]ation|supplier|client)([ _-]?name)?$/i;

/** The column of names, and whether the first row is a head. A list without separators is one column. */
export function nameColumn(rows: string[][]): { column: number; head: boolean } {
  const found = rows[0]?.findIndex((cell) => HEADS.test(cell.trim())) ?? -1;
  return found < 0 ? { column: 0, head: false } : { column: found, head: true };
}

/** A row as text. A cell that a spreadsheet would run as a formula is made text. */
export function line(cells: (string | number | null)[]): string {
  const text = cells.map((cell) => {
    const plain = `${cell ?? ""}`;
    const safe = typeof cell === "string" && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  });
  return `${text.join(",")}\r\n`;
}
