// Nanoseconds that Intl takes for one value: [{locale, kind, options, values}] from standard input, repeated to a second.
import { readFileSync } from "node:fs";

const nanoseconds = ({ locale, kind, options, values }) => {
  const formatter = kind === "number" ? new Intl.NumberFormat(locale, options) : new Intl.DateTimeFormat(locale, options);
  let best = Infinity;
  let length = 0;
  for (let round = 0; round < 3; round++) {
    const started = process.hrtime.bigint();
    for (const value of values) length += formatter.format(value).length;
    best = Math.min(best, Number(process.hrtime.bigint() - started) / values.length);
  }
  return length ? best : 0;
};
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(nanoseconds)));
