import { KefuError } from '../../core/errors.ts';
import type { FlowFiles } from '../../core/store.ts';
import { compileFlowPack, type FlowPack } from '../../dialog/flow-pack.ts';
import { readFlowSource, type FlowProblem, type FlowSource, type Path } from '../../dialog/flow-source.ts';
import { checkChanges } from './check-changes.ts';
import { checkQuestions } from './check-questions.ts';
import { checkStructure } from './check-structure.ts';
import { checkUse } from './check-use.ts';
import { checkWordings } from './check-wordings.ts';

/** Something about flows that a supervisor should know. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  /** An error would let a caller down: such flows are not published. A warning is worth a look. */
  readonly severity: 'error' | 'warning';
  /** Kind of finding, for machines, such as `unreachable-step`. */
  readonly rule: string;
  readonly sentence: string;
}

/** Where checks look and report. */
export interface CheckPlace {
  readonly pack: FlowPack;
  /** Reports at the line of `path` in a file named without its ending, such as `verify`. */
  report(
    severity: Finding['severity'],
    rule: string,
    at: { readonly file: string; readonly path: Path; readonly atKey?: boolean },
    sentence: string,
  ): void;
}

/** Everything found in flows, by file and line: what the loader refuses, or, when it refuses nothing, what callers would run into. */
export function checkFlows(files: FlowFiles): readonly Finding[] {
  let pack: FlowPack;
  try {
    pack = compileFlowPack(new Map(Object.entries(files)));
  } catch (error) {
    if (error instanceof KefuError && error.code === 'flow_invalid') return refusalsIn(error.message);
    throw error;
  }
  const findings: Finding[] = [];
  const sources = new Map<string, { readonly source: FlowSource; readonly sink: FlowProblem[] }>();
  const sourceOf = (file: string) => {
    const known = sources.get(file);
    if (known) return known;
    const sink: FlowProblem[] = [];
    const opened = { source: readFlowSource(`${file}.yaml`, files[`${file}.yaml`] ?? '', sink), sink };
    sources.set(file, opened);
    return opened;
  };
  const place: CheckPlace = {
    pack,
    report(severity, rule, { file, path, atKey }, sentence) {
      const { source, sink } = sourceOf(file);
      source.report(path, sentence, { atKey: atKey ?? false });
      findings.push(...sink.splice(0).map((problem) => ({ ...problem, severity, rule })));
    },
  };
  checkStructure(place);
  checkQuestions(place);
  checkChanges(place);
  checkWordings(place);
  checkUse(place);
  return findings.sort(
    (left, right) => left.file.localeCompare(right.file) || left.line - right.line,
  );
}

/** `file:line: sentence`, as the loader writes it, with the severity where it is no error. */
export function describeFinding({ file, line, severity, sentence }: Finding): string {
  return `${file}:${String(line)}: ${severity === 'error' ? '' : 'warning: '}${sentence}`;
}

/** The loader names all mistakes in one message, a line each. */
function refusalsIn(message: string): Finding[] {
  const lines = message.split('\n');
  const found = lines.flatMap((line): Finding[] => {
    const match = /^([^:\s]+):(\d+): (.+)$/.exec(line);
    return match
      ? [
          {
            file: match[1] ?? '',
            line: Number(match[2]),
            severity: 'error',
            rule: 'refused',
            sentence: match[3] ?? '',
          },
        ]
      : [];
  });
  return found.length > 0
    ? found
    : [{ file: '.', line: 1, severity: 'error', rule: 'refused', sentence: message }];
}
