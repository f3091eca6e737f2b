/**
 * Makes the files a loader needs out of the files a package delivers. A conversion is deterministic: the same input gives the
 * same bytes, so that the manifest can name the hash of every result file.
 */
export interface ConversionInput {
  /**
   * Holds the member files taken from the archive, under the names that `members[].to` of the manifest gives them. It belongs
   * to this run alone: a conversion may move files out of it.
   */
  readonly unpackedDir: string;
  /** An empty folder; becomes the model's folder when every file in it has the hash of the manifest. */
  readonly outputDir: string;
  /** Aborts when the fetch is stopped. Long conversions look at it between steps (`signal.throwIfAborted()`). */
  readonly signal: AbortSignal;
  /** Tells how far the conversion is, from 0 to 1. */
  onProgress(fraction: number): void;
}

/** Rejects with a `KefuError` (`model_conversion_failed`) when the input is not what the conversion reads. */
export type Conversion = (input: ConversionInput) => Promise<void>;
