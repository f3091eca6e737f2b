import { KefuError } from '../../../src/core/errors.ts';

/** What is said in a clip. */
export interface Transcript {
  /** Name of the clip, with or without the ending of its file. */
  readonly name: string;
  readonly text: string;
}

/**
 * Reads a transcript file. Each line is `name<TAB>text`, or as CMU's tools write it: `<s> TEXT </s> (name)`, where the marks may
 * be missing. Empty lines and lines that begin with `#` are left out.
 * @param source - name of the file, for errors.
 * @throws KefuError `config_invalid` naming the first line that is neither, or a name that comes twice.
 */
export function parseTranscripts(content: string, source: string): Transcript[] {
  const transcripts: Transcript[] = [];
  const names = new Set<string>();
  for (const [index, line] of content.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const transcript = parseLine(line);
    const problem =
      transcript === undefined
        ? 'is neither "name<TAB>text" nor "<s> text </s> (name)"'
        : names.has(transcript.name)
          ? `has the name ${transcript.name} again`
          : undefined;
    if (problem !== undefined || transcript === undefined) {
      throw new KefuError('config_invalid', `Line ${index + 1} of ${source} ${problem ?? ''}.`);
    }
    names.add(transcript.name);
    transcripts.push(transcript);
  }
  return transcripts;
}

function parseLine(line: string): Transcript | undefined {
  const tab = line.indexOf('\t');
  if (tab > 0) return { name: line.slice(0, tab).trim(), text: line.slice(tab + 1).trim() };
  const cmu = /^(?:<s>)?\s*(.*?)\s*(?:<\/s>)?\s*\(([^()\s]+)\)\s*$/.exec(line);
  return cmu ? { name: cmu[2] ?? '', text: cmu[1] ?? '' } : undefined;
}
