/** Variables that somebody meant for Limen and misspelt: nothing reads them, and nothing else would say so. */

/** Of so short a name as `HOST` or `SMTP_URL` many others are a letter or two away by chance. */
const SHORTEST = 8;
const LONG = 12;

/** @param given the names in the environment @param known all that are read */
export function misspeltVariables(given: readonly string[], known: readonly string[]): string[] {
  return given
    .filter((name) => name.length >= SHORTEST && /^[A-Z]+_[A-Z0-9_]+$/.test(name) && !known.includes(name))
    .flatMap((name) => {
      const mistakes = name.length < LONG ? 1 : 2;
      const meant = known.find((other) => distance(name, other, mistakes) <= mistakes);
      return meant ? [`${name} is not read: is ${meant} meant?`] : [];
    });
}

/** Letters to add, leave out, replace, or exchange with the next one (optimal string alignment). Above `most` it says no more than that. */
function distance(one: string, other: string, most: number): number {
  if (Math.abs(one.length - other.length) > most) return most + 1;
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      let least = Math.min(next[j - 1]! + 1, row[j]! + 1, replaced);
      const isExchanged = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (isExchanged) least = Math.min(least, before[j - 2]! + 1);
      next[j] = least;
    }
    [before, row] = [row, next];
  }
  return row.at(-1)!;
}
