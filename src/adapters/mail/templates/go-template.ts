/**
 * Supabase's templates are written in Go's template language, and teams bring theirs along. What such templates use of it is turned into
 * Liquid: fields, `if` with comparisons, `index`, comments, and a few functions. Lines stay where they are, so that errors name the right one.
 */

/** Something of Go's language that has no counterpart here. */
export class GoTemplateError extends Error {
  override readonly name = 'GoTemplateError';
  /** The first is 1. */
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

const ACTION = /\{\{(-?)([\s\S]*?)(-?)\}\}/g;
const KEYWORDS = /^(if|else|end|with|range|define|block|template|break|continue)\b/;
const FIELD = /(^|[\s(])\.[A-Za-z]/;
const QUOTED = /"[^"]*"|'[^']*'/g;
const COMMENT = /^\/\*[\s\S]*\*\/$/;

/** What is Liquid already stays as it is. @throws {GoTemplateError} */
export function liquidFromGo(source: string): string {
  const open: number[] = [];
  const liquid = source.replace(
    ACTION,
    (action, left: string, inner: string, right: string, offset: number) => {
      const body = inner.trim().replace(/^else\s+if\b/, 'else if');
      const line = lineAt(source, offset);
      if (COMMENT.test(body)) return lineBreaksOf(action);
      if (!KEYWORDS.test(body) && !FIELD.test(body.replace(QUOTED, ''))) return action;
      const [, keyword = '', rest = ''] = /^(else if|if|else|end)?\b\s*([\s\S]*)$/.exec(body) ?? [];
      const tag = (content: string) => `{%${left} ${content} ${right}%}${lineBreaksOf(action)}`;
      switch (keyword) {
        case 'if':
          open.push(line);
          return tag(`if ${condition(rest, line)}`);
        case 'else if':
          return tag(`elsif ${condition(rest, line)}`);
        case 'else':
          return tag('else');
        case 'end':
          if (open.pop() === undefined) throw new GoTemplateError('`end` has nothing to end', line);
          return tag('endif');
        default:
          return `{{${left} ${value(body, line)} ${right}}}${lineBreaksOf(action)}`;
      }
    },
  );
  const unended = open.pop();
  if (unended !== undefined) throw new GoTemplateError('`if` has no `end`', unended);
  return liquid;
}

const lineAt = (source: string, offset: number) => source.slice(0, offset).split('\n').length;

const lineBreaksOf = (text: string) => text.replace(/[^\n]/g, '');

const COMPARISONS: Record<string, string> = { eq: '==', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=' };

/** Liquid has no parentheses, so one `and` or `or` of comparisons is as deep as it goes. */
function condition(text: string, line: number): string {
  const [name, ...operands] = words(text, line);
  if (name === 'and' || name === 'or') {
    if (operands.length < 2) throw new GoTemplateError(`\`${name}\` needs two conditions`, line);
    return operands.map((operand) => comparison(operand, line)).join(` ${name} `);
  }
  return comparison(text, line);
}

function comparison(text: string, line: number): string {
  const [name = '', ...operands] = words(withoutParentheses(text), line);
  const operator = COMPARISONS[name];
  const [first = '', second = ''] = operands;
  if (operator && operands.length === 2)
    return `${operand(first, line)} ${operator} ${operand(second, line)}`;
  if (name === 'not' && operands.length === 1) return `not ${operand(first, line)}`;
  return operand(text, line);
}

/** The filters of Go that are there because its texts are escaped by hand; here all that is filled in is escaped. */
const FILTERS: Record<string, string> = { html: '', urlquery: ' | url_encode' };

function value(text: string, line: number): string {
  const [first = '', ...filters] = text.split('|').map((part) => part.trim());
  const applied = filters.map((name) => FILTERS[name] ?? unknown(name, line));
  const [name, ...operands] = words(first, line);
  if (name === 'or' && operands.length === 2) {
    const [chosen = '', otherwise = ''] = operands;
    return `${operand(chosen, line)} | default: ${operand(otherwise, line)}${applied.join('')}`;
  }
  return operand(first, line) + applied.join('');
}

function operand(text: string, line: number): string {
  const inner = withoutParentheses(text);
  if (/^\.[A-Za-z_]\w*(\.\w+)*$/.test(inner)) return inner.slice(1);
  if (/^("[^"\\]*"|-?\d+(\.\d+)?|true|false)$/.test(inner)) return inner;
  if (/^`[^`"]*`$/.test(inner)) return `"${inner.slice(1, -1)}"`;
  const [name, of = '', key = '', ...more] = words(inner, line);
  if (name === 'index' && more.length === 0 && key) return `${operand(of, line)}[${operand(key, line)}]`;
  return unknown(inner, line);
}

function unknown(text: string, line: number): never {
  throw new GoTemplateError(`\`${text}\` of Go's templates is not understood here`, line);
}

const withoutParentheses = (text: string) => /^\(([^()]*)\)$/.exec(text.trim())?.[1]?.trim() ?? text.trim();

/** What blanks separate, outside of quotes and parentheses. */
function words(text: string, line: number): string[] {
  const found = text.match(/"[^"]*"|`[^`]*`|\([^()]*\)|[^\s()"`]+/g) ?? [];
  if (/[()]/.test(text.replace(/"[^"]*"|`[^`]*`|\([^()]*\)/g, ''))) unknown(text, line);
  return found;
}
