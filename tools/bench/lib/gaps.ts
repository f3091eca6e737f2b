import { formatTable } from './report.ts';
import { groupBy, mean, summarize, type Summary } from './statistics.ts';
import { kindName, type GapParts, type MeasuredTurn } from './turns.ts';

/** The response gaps of many turns. */
export interface GapSummary {
  /** Milliseconds; without the turns in which Kefu cut in and those without an answer. */
  readonly all: Summary;
  readonly byKind: Readonly<Record<string, Summary>>;
  /** Mean of each part, over all turns and by kind. */
  readonly parts: Readonly<Record<string, MeanParts>>;
  readonly counts: {
    readonly turns: number;
    readonly cutIn: number;
    readonly unanswered: number;
    /** What callers said in one go and Kefu took for several turns. */
    readonly split: number;
  };
}

export type MeanParts = { readonly count: number; readonly gapMs: number | undefined } & {
  readonly [Part in keyof GapParts]: number | undefined;
};

export function summarizeTurns(turns: readonly MeasuredTurn[]): GapSummary {
  const clean = turns.filter(({ gapMs, cutIn }) => gapMs !== undefined && !cutIn);
  const kinds = groupBy(clean, ({ kind }) => kindName(kind));
  const ofKinds = <Result>(make: (turns: readonly MeasuredTurn[]) => Result) =>
    Object.fromEntries([...kinds].map(([kind, those]) => [kind, make(those)]));
  return {
    all: summarize(gapsOf(clean)),
    byKind: ofKinds((those) => summarize(gapsOf(those))),
    parts: { 'all turns': meanParts(clean), ...ofKinds(meanParts) },
    counts: {
      turns: turns.length,
      cutIn: turns.filter(({ cutIn }) => cutIn).length,
      unanswered: turns.filter(({ gapMs }) => gapMs === undefined).length,
      split: turns.filter((turn) => turn.turns.length > 1).length,
    },
  };
}

const gapsOf = (turns: readonly MeasuredTurn[]) => turns.flatMap(({ gapMs }) => gapMs ?? []);

function meanParts(turns: readonly MeasuredTurn[]): MeanParts {
  const explained = turns.filter(({ parts }) => parts !== undefined);
  const of = (part: keyof GapParts) => mean(explained.map(({ parts }) => parts?.[part] ?? 0));
  return {
    count: explained.length,
    gapMs: mean(gapsOf(explained)),
    voiceTailMs: of('voiceTailMs'),
    endpointingMs: of('endpointingMs'),
    recognitionMs: of('recognitionMs'),
    understandingMs: of('understandingMs'),
    dialogMs: of('dialogMs'),
    speakingMs: of('speakingMs'),
    restMs: of('restMs'),
  };
}

export function gapTable(all: Summary, byKind: Readonly<Record<string, Summary>>): string {
  return formatTable(
    ['', 'turns', 'p50', 'p95', 'max'],
    [['all turns', all] as const, ...Object.entries(byKind)].map(([name, { count, p50, p95, max }]) => [
      name,
      count,
      p50,
      p95,
      max,
    ]),
  );
}

export function partsTable(parts: Readonly<Record<string, MeanParts>>): string {
  return formatTable(
    [
      '',
      'turns',
      'voice tail',
      'pause',
      'recognition',
      'understanding',
      'dialog, shop',
      'speaking',
      'line, rest',
      'gap',
    ],
    Object.entries(parts).map(([name, part]) => [
      name,
      part.count,
      part.voiceTailMs,
      part.endpointingMs,
      part.recognitionMs,
      part.understandingMs,
      part.dialogMs,
      part.speakingMs,
      part.restMs,
      part.gapMs,
    ]),
  );
}
