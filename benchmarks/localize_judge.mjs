// Answers of Intl for requests read as JSON from standard input: [{locale, kind, options, values}], values as text.
// A number as text is exact in Intl.NumberFormat; days and times are milliseconds since 1970 in UTC.
import { readFileSync } from "node:fs";

const makers = {
  number: (locale, options) => {
    const formatter = new Intl.NumberFormat(locale, options);
    return (value) => formatter.format(value);
  },
  date: (locale, options) => {
    const formatter = new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options });
    return (value) => formatter.format(Number(value));
  },
  list: (locale, options) => {
    const formatter = new Intl.ListFormat(locale, options);
    return (value) => formatter.format(value);
  },
  has: (locale) => (name) => Intl[name].supportedLocalesOf([locale]).length > 0,
};
const { icu, cldr } = process.versions;
const requests = JSON.parse(readFileSync(0, "utf8"));
const answers = requests.map(({ locale, kind, options, values }) => values.map(makers[kind](locale, options)));
process.stdout.write(JSON.stringify({ icu, cldr, answers }));
