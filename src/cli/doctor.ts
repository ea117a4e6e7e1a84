import { environment } from '../config/config.ts';
import { readArguments } from './command.ts';
import { type Examined, examine } from './doctor/examination.ts';

/** Exit code 1 where anything fails, so that a deployment can stop there. */
export async function examineInstallation(args: string[]): Promise<string> {
  const { values } = readArguments({ args, options: { json: { type: 'boolean', default: false } } });
  const findings = await examine(environment());
  if (findings.some(({ level }) => level === 'fail')) process.exitCode = 1;
  return values.json ? `${JSON.stringify(findings, null, 2)}\n` : describe(findings);
}

function describe(findings: readonly Examined[]): string {
  const width = Math.max(...findings.map(({ part }) => part.length));
  const lines = findings.map(({ level, part, what, advice }) => {
    const line = `${level.padEnd(4)}  ${part.padEnd(width)}  ${what}`;
    return advice ? `${line}\n${' '.repeat(width + 8)}→ ${advice}` : line;
  });
  const count = (level: string) => findings.filter((finding) => finding.level === level).length;
  return `${lines.join('\n')}\n\n${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} that fail\n`;
}
