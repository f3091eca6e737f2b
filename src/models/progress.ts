import cliProgress from 'cli-progress';
import type { SingleBar } from 'cli-progress';
import type { FetchPhase, FetchProgress } from './install.ts';
import { megabytes } from './units.ts';

/** Where progress is shown. A terminal gets a bar for each model, anything else a line for each step. */
export interface ProgressTarget extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
}

export interface ProgressDisplay {
  readonly onProgress: (progress: FetchProgress) => void;
  /** Leaves the bars as they are and frees the terminal; idempotent. */
  stop(): void;
}

const words: Readonly<Record<FetchPhase, string>> = {
  waiting: 'waiting for another process',
  downloading: 'downloading',
  checking: 'checking',
  unpacking: 'unpacking',
  converting: 'converting',
  ready: 'ready',
};

/** `plain` asks for lines also on a terminal. */
export function showProgress(
  target: ProgressTarget,
  { plain = false }: { readonly plain?: boolean } = {},
): ProgressDisplay {
  return target.isTTY === true && !plain ? progressBars(target) : progressLines(target);
}

function progressBars(target: ProgressTarget): ProgressDisplay {
  const bars = new cliProgress.MultiBar({
    stream: target,
    format: (options, { progress }, payload: { id: string; phase: string; size: string }) => {
      const bar = cliProgress.Format.BarFormat(progress, options);
      const percent = String(Math.floor(progress * 100)).padStart(3);
      return `${payload.id.padEnd(24)} [${bar}] ${percent} % ${payload.size.padStart(9)}  ${payload.phase}`;
    },
    barsize: 28,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    hideCursor: true,
    forceRedraw: true,
  });
  const byId = new Map<string, SingleBar>();
  return {
    onProgress({ id, phase, fraction, totalBytes }) {
      const payload = { id, phase: words[phase], size: totalBytes === 0 ? '' : megabytes(totalBytes) };
      const bar = byId.get(id) ?? bars.create(1, 0, payload);
      byId.set(id, bar);
      bar.update(fraction, payload);
    },
    stop: () => bars.stop(),
  };
}

/** Of a download, a line for each of so many parts. */
const downloadSteps = 4;

function progressLines(target: ProgressTarget): ProgressDisplay {
  const last = new Map<string, string>();
  return {
    onProgress({ id, phase, doneBytes, totalBytes }) {
      // Checking is over in a moment and would only double the lines.
      if (phase === 'checking') return;
      const step =
        totalBytes === 0 ? 0 : Math.floor((doneBytes / totalBytes) * downloadSteps) / downloadSteps;
      const of =
        phase === 'downloading' && totalBytes > 0 ? ` ${step * 100} % of ${megabytes(totalBytes)}` : '';
      const line = `${id}: ${words[phase]}${of}`;
      if (last.get(id) === line) return;
      last.set(id, line);
      target.write(`${line}\n`);
    },
    stop: () => undefined,
  };
}
