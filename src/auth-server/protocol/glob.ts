/**
 * Globs as Supabase's redirect allow-list has them: `*` and `?` stop at a `.` and a `/`, so that `https://*.example.com` is one label
 * deep; `**` stops at nothing; `[a-c]`, `[!a-c]` and `{one,two}` choose; a backslash takes the next character as it is.
 */
export function globToRegExp(glob: string): RegExp {
  let source = '';
  let depth = 0;
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob[at]!;
    if (character === '\\' && at + 1 < glob.length) {
      at += 1;
      source += literal(glob[at]!);
    } else if (character === '*') {
      const isDouble = glob[at + 1] === '*';
      if (isDouble) at += 1;
      source += isDouble ? '.*' : '[^./]*';
    } else if (character === '?') {
      source += '[^./]';
    } else if (character === '[' && glob.indexOf(']', at) > at + 1) {
      const end = glob.indexOf(']', at);
      source += characterClass(glob.slice(at + 1, end));
      at = end;
    } else if (character === '{') {
      depth += 1;
      source += '(?:';
    } else if (character === '}' && depth > 0) {
      depth -= 1;
      source += ')';
    } else if (character === ',' && depth > 0) {
      source += '|';
    } else {
      source += literal(character);
    }
  }
  return new RegExp(`^${source}${')'.repeat(depth)}$`, 'u');
}

function characterClass(inside: string): string {
  const isNegated = inside.startsWith('!');
  const characters = (isNegated ? inside.slice(1) : inside).replace(/[\\\]^[]/g, '\\$&');
  return `[${isNegated ? '^' : ''}${characters}]`;
}

const literal = (character: string) => character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
