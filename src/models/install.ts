import { randomUUID } from 'node:crypto';
import { cp, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KefuError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Environment } from './command.ts';
import { conversions } from './conversions/index.ts';
import type { Conversion } from './conversions/conversion.ts';
import { filesUnder, hashFile, verifyFiles } from './hash.ts';
import { deliveriesOf } from './manifest.ts';
import type { ArchiveDescription, Delivery, ModelEntry, ModelSource } from './manifest.ts';
import { markerName, writeMarker } from './marker.ts';
import { fetchFromNpm } from './sources/npm.ts';
import { archiveSets, isUrl, lookInFolder } from './sources/operator.ts';
import { fetchFromPypi } from './sources/pip.ts';
import { asModelError, unreachable } from './sources/source.ts';
import { downloadUrl, withoutPassword } from './sources/url.ts';
import { unpack } from './unpack.ts';

export type FetchPhase = 'waiting' | 'downloading' | 'checking' | 'unpacking' | 'converting' | 'ready';

/** How far the fetch of one model is. */
export interface FetchProgress {
  readonly id: string;
  readonly phase: FetchPhase;
  /** 0 to 1 over all phases; never falls, except when another source is tried. */
  readonly fraction: number;
  /** Bytes of the download that have arrived, and its size. */
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface InstallContext {
  readonly directory: string;
  readonly operatorSource: string | undefined;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  readonly stallMs: number;
  readonly onProgress: (progress: FetchProgress) => void;
}

/** Folders of the store itself inside the model folder. Archives stay in the first until their model is made. */
export const downloadsName = '.downloads';
export const workName = '.work';

/** The part of the bar each phase takes. */
const spans = {
  downloading: [0, 0.8],
  checking: [0.8, 0.85],
  unpacking: [0.85, 0.9],
  converting: [0.9, 1],
} as const;

/**
 * Brings one model from the first of its sources that works. The model's folder appears, or is replaced, by one rename after
 * every file in it has the hash of the manifest.
 *
 * @throws KefuError naming each source and why it failed; `disk_full` and `aborted` at once.
 */
export async function installModel(entry: ModelEntry, context: InstallContext): Promise<void> {
  const failures: { name: string; error: KefuError }[] = [];
  for (const source of entry.sources) {
    if (source.type === 'operator' && context.operatorSource === undefined) continue;
    const name = sourceName(source, context.operatorSource);
    try {
      await new Installation(entry, source, name, context).run();
      return;
    } catch (thrown) {
      const error = asModelError(thrown, context.directory, (reason) => unreachable(reason, thrown));
      if (context.signal.aborted) throw aborted(context.signal);
      if (error.code === 'disk_full') throw error;
      failures.push({ name, error });
    }
  }
  if (failures.length === 0) {
    throw unreachable(
      `${entry.id} comes from the operator's own folder or URL only, and KEFU_MODELS_SOURCE is not set`,
    );
  }
  throw new KefuError(
    failureCode(failures.map(({ error }) => error.code)),
    `${entry.id} could not be fetched. ${failures.map(({ name, error }) => `From ${name}: ${error.message}.`).join(' ')}`,
    { cause: failures[0]?.error },
  );
}

function aborted(signal: AbortSignal): KefuError {
  return signal.reason instanceof KefuError
    ? signal.reason
    : new KefuError(
        'aborted',
        'The fetch was stopped; what has arrived is kept, and the next fetch goes on from there',
      );
}

/** A wrong hash is the most serious; else the first source, which is the one meant to work, gives the advice. */
function failureCode(codes: readonly ErrorCode[]): ErrorCode {
  return codes.find((code) => code === 'model_hash_mismatch') ?? codes[0] ?? 'internal';
}

export function sourceName(source: ModelSource, operatorSource: string | undefined): string {
  switch (source.type) {
    case 'pypi':
      return `the Python package ${source.package} ${source.version}`;
    case 'npm':
      return `the npm package ${source.package} ${source.version}`;
    case 'archive':
      return withoutPassword(source.url);
    case 'all':
      return source.of.map((part) => sourceName(part, operatorSource)).join(' and ');
    case 'operator':
      return operatorSource === undefined
        ? 'KEFU_MODELS_SOURCE'
        : `KEFU_MODELS_SOURCE (${isUrl(operatorSource) ? withoutPassword(operatorSource) : operatorSource})`;
  }
}

/** One try of one source. */
class Installation {
  readonly #entry: ModelEntry;
  readonly #source: ModelSource;
  readonly #sourceName: string;
  readonly #context: InstallContext;
  readonly #workDir: string;
  readonly #downloadsDir: string;
  readonly #unpackedDir: string;
  readonly #outputDir: string;
  /** Archives that may go once the model is there. */
  readonly #used: string[] = [];
  #doneBytes = 0;
  #totalBytes = 0;

  constructor(entry: ModelEntry, source: ModelSource, name: string, context: InstallContext) {
    this.#entry = entry;
    this.#source = source;
    this.#sourceName = name;
    this.#context = context;
    this.#workDir = join(context.directory, workName, `${entry.id}-${randomUUID()}`);
    this.#downloadsDir = join(context.directory, downloadsName);
    this.#unpackedDir = join(this.#workDir, 'unpacked');
    this.#outputDir = join(this.#workDir, 'output');
  }

  async run(): Promise<void> {
    for (const folder of [this.#downloadsDir, this.#unpackedDir, this.#outputDir]) {
      await mkdir(folder, { recursive: true });
    }
    try {
      if (this.#source.type === 'operator') await this.#fromOperator();
      else await this.#fromDeliveries(deliveriesOf(this.#source));
      await this.#putInPlace();
      for (const path of this.#used) await rm(path, { force: true });
      this.#report('ready', 1);
    } finally {
      await rm(this.#workDir, { recursive: true, force: true });
    }
  }

  #report(phase: FetchPhase, fraction: number): void {
    const [from, to] = phase in spans ? spans[phase as keyof typeof spans] : [fraction, fraction];
    this.#context.onProgress({
      id: this.#entry.id,
      phase,
      fraction: from + (to - from) * Math.min(1, fraction),
      doneBytes: Math.min(this.#doneBytes, this.#totalBytes),
      totalBytes: this.#totalBytes,
    });
  }

  async #fromDeliveries(deliveries: readonly Delivery[]): Promise<void> {
    const archives: { path: string; description: ArchiveDescription }[] = [];
    this.#totalBytes = deliveries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    for (const [index, description] of deliveries.entries()) {
      const before = this.#doneBytes;
      const path = await this.#archive(description, async (partial) => {
        if (description.type === 'archive') {
          await this.#download(description.url, partial, description);
          return;
        }
        const workDir = join(this.#workDir, `client-${index}`);
        await mkdir(workDir);
        const fetched = await (description.type === 'pypi'
          ? fetchFromPypi(description, { ...this.#context, workDir, onBytes: this.#counter(before) })
          : fetchFromNpm(description, { ...this.#context, workDir, onBytes: this.#counter(before) }));
        await rename(fetched, partial);
      });
      this.#doneBytes = before + description.sizeBytes;
      archives.push({ path, description });
    }
    await this.#make(archives);
  }

  #counter(before: number): (count: number) => void {
    return (count) => {
      this.#doneBytes = before + count;
      this.#report('downloading', this.#doneBytes / this.#totalBytes);
    };
  }

  async #download(url: string, path: string, { sizeBytes }: ArchiveDescription): Promise<void> {
    const { environment, signal, stallMs } = this.#context;
    const onBytes = this.#counter(this.#doneBytes);
    await downloadUrl(url, path, { environment, signal, sizeBytes, stallMs, onBytes });
  }

  /**
   * The verified archive in the downloads folder: from an earlier run, or brought by `bring`, which writes to the path it is given
   * and may find there what an earlier run got of it.
   */
  async #archive(
    description: ArchiveDescription,
    bring: (partial: string) => Promise<void>,
  ): Promise<string> {
    const path = join(this.#downloadsDir, `${description.sha256.slice(0, 16)}-${description.file}`);
    const partial = `${path}.partial`;
    this.#used.push(path);
    if ((await exists(path)) && (await this.#mismatch(path, description)) === undefined) return path;
    const resumed = await exists(partial);
    this.#report('downloading', this.#doneBytes / this.#totalBytes);
    try {
      await bring(partial);
      let problem = await this.#mismatch(partial, description);
      if (problem !== undefined && resumed) {
        // The earlier piece may have been of another file: once more from the beginning.
        await rm(partial, { force: true });
        await bring(partial);
        problem = await this.#mismatch(partial, description);
      }
      if (problem !== undefined) {
        throw new KefuError(
          'model_hash_mismatch',
          `${description.file} ${problem}; the download was deleted`,
        );
      }
      await rename(partial, path);
      return path;
    } catch (thrown) {
      const error = asModelError(thrown, this.#context.directory, (reason) => unreachable(reason, thrown));
      if (error.code === 'model_hash_mismatch' || error.code === 'disk_full')
        await rm(partial, { force: true });
      throw error;
    }
  }

  async #mismatch(path: string, { sizeBytes, sha256 }: ArchiveDescription): Promise<string | undefined> {
    let done = 0;
    const measured = await hashFile(path, this.#context.signal, (count) => {
      done += count;
      this.#report('checking', done / sizeBytes);
    });
    if (measured.sha256 === sha256) return undefined;
    return `has sha256 ${measured.sha256} (${measured.sizeBytes} bytes), but the manifest wants ${sha256} (${sizeBytes} bytes)`;
  }

  async #fromOperator(): Promise<void> {
    const location = this.#context.operatorSource ?? '';
    if (isUrl(location)) {
      await this.#fromOperatorUrl(location);
      return;
    }
    const offer = await lookInFolder(location, this.#entry);
    if (offer.type === 'finished') {
      await this.#copyFinished(offer.folder);
      return;
    }
    for (const { path, description } of offer.archives) {
      const problem = await this.#mismatch(path, description);
      if (problem !== undefined) throw new KefuError('model_hash_mismatch', `${path} ${problem}`);
    }
    await this.#make(offer.archives);
  }

  async #fromOperatorUrl(location: string): Promise<void> {
    const sets = archiveSets(this.#entry);
    const reasons: string[] = [];
    for (const set of sets) {
      try {
        const archives: { path: string; description: ArchiveDescription }[] = [];
        this.#doneBytes = 0;
        this.#totalBytes = set.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        for (const description of set) {
          const url = new URL(location);
          url.pathname = `${url.pathname.replace(/\/$/, '')}/${encodeURIComponent(description.file)}`;
          const path = await this.#archive(description, (partial) =>
            this.#download(url.href, partial, description),
          );
          archives.push({ path, description });
        }
        await this.#make(archives);
        return;
      } catch (error) {
        if (!(error instanceof KefuError) || error.code !== 'model_source_unreachable') throw error;
        reasons.push(error.message);
      }
    }
    throw unreachable(
      reasons.join('; ') || `the entry names no archive that could lie at ${withoutPassword(location)}`,
    );
  }

  async #copyFinished(folder: string): Promise<void> {
    this.#totalBytes = this.#entry.sizeBytes;
    const problems = await verifyFiles(folder, this.#entry.files, this.#context.signal, (count) => {
      this.#doneBytes += count;
      this.#report('checking', this.#doneBytes / this.#totalBytes);
    });
    if (problems.length > 0) {
      throw new KefuError(
        'model_hash_mismatch',
        `${folder} is not what the manifest describes: ${problems.join(', ')}`,
      );
    }
    for (const { path } of this.#entry.files) {
      this.#context.signal.throwIfAborted();
      await mkdir(dirname(join(this.#outputDir, path)), { recursive: true });
      await cp(join(folder, path), join(this.#outputDir, path), { recursive: true, dereference: true });
    }
    // The copy is read again: a disk or share that returns other bytes the second time is no source.
    await this.#verifyOutput('model_hash_mismatch', 'the copy');
  }

  async #make(archives: readonly { path: string; description: ArchiveDescription }[]): Promise<void> {
    const { environment, signal } = this.#context;
    for (const [index, { path, description }] of archives.entries()) {
      this.#report('unpacking', index / archives.length);
      await unpack(path, description.file, description.members, this.#unpackedDir, {
        environment,
        signal,
      }).catch((thrown: unknown) => {
        throw asModelError(thrown, this.#context.directory, (reason) =>
          conversionError(`cannot unpack ${description.file}: ${reason}`, thrown),
        );
      });
    }
    this.#report('converting', 0);
    const convert: Conversion = conversions[this.#entry.conversion.name].convert;
    const onProgress = (fraction: number) => this.#report('converting', fraction);
    await convert({ unpackedDir: this.#unpackedDir, outputDir: this.#outputDir, signal, onProgress }).catch(
      (thrown: unknown) => {
        throw asModelError(thrown, this.#context.directory, (reason) =>
          conversionError(`the conversion \`${this.#entry.conversion.name}\` failed: ${reason}`, thrown),
        );
      },
    );
    await this.#verifyOutput('model_conversion_failed', `the conversion \`${this.#entry.conversion.name}\``);
  }

  async #verifyOutput(code: ErrorCode, maker: string): Promise<void> {
    const problems = await verifyFiles(this.#outputDir, this.#entry.files, this.#context.signal);
    if (problems.length > 0)
      throw new KefuError(code, `${maker} made other files than the manifest names: ${problems.join(', ')}`);
  }

  /** Makes the finished folder the model's folder. From here on a stop of the process leaves either the old or the new one. */
  async #putInPlace(): Promise<void> {
    const target = join(this.#context.directory, this.#entry.id);
    await writeMarker(this.#outputDir, this.#entry, this.#sourceName);
    for (const path of await filesUnder(this.#outputDir)) await flush(join(this.#outputDir, path));
    if (await exists(target)) {
      if (!(await exists(join(target, markerName)))) {
        throw new KefuError(
          'config_invalid',
          `${target} holds other files and was not made by Kefu; move it away, or set KEFU_MODELS_DIR to another folder`,
        );
      }
      await rename(target, join(this.#workDir, 'replaced'));
    }
    await rename(this.#outputDir, target);
    await flush(this.#context.directory);
  }
}

function conversionError(message: string, cause: unknown): KefuError {
  return new KefuError('model_conversion_failed', message, { cause });
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Waits until a file or folder is on the disk itself, so that a power cut after the rename finds its content. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
