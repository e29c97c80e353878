import {
  CATEGORIES,
  DECODERS,
  NORMALISATIONS,
  PermanentError,
  type Category,
  type ModelManifest,
} from '@pugmark/domain';

type Json = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && value.trim() !== '' && value.length <= 200;
const fraction: Check = (value) => typeof value === 'number' && value >= 0 && value <= 1;
const size: Check = (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 8_192;
const among =
  (values: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && values.includes(value);
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Name and version are used as folder names. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** Check of each field's value, and a description of valid values. `batch` and `outputs` are optional. */
const FIELDS: Readonly<Record<string, readonly [Check, string]>> = {
  name: [(value) => typeof value === 'string' && NAME.test(value), 'letters, digits, dots, dashes and underscores'],
  version: [(value) => typeof value === 'string' && NAME.test(value), 'letters, digits, dots, dashes and underscores'],
  licence: [text, 'the licence of the weights, such as "MIT"'],
  format: [among(['tfjs-graph', 'saved-model']), '"tfjs-graph" or "saved-model"'],
  files: [isFiles, 'a list of {"path", "sha256"}, each path within the model’s folder'],
  input: [(value) => isObject(value) && size(value['width']) && size(value['height']), '{"width", "height"} in pixels'],
  resize: [among(['letterbox', 'stretch']), '"letterbox" or "stretch"'],
  normalisation: [among(NORMALISATIONS), `one of ${NORMALISATIONS.join(', ')}`],
  decoder: [among(DECODERS), `one of ${DECODERS.join(', ')}`],
  outputs: [
    (value) => value === undefined || (Array.isArray(value) && value.length > 0 && value.every(text)),
    'names of the graph’s outputs, in the decoder’s order',
  ],
  labels: [
    (value) => Array.isArray(value) && value.length > 0 && value.every(text),
    'the labels, in the order of the model’s classes',
  ],
  categories: [
    isCategories,
    `{label: category}, each category one of ${CATEGORIES.join(', ')}; empty for a classifier`,
  ],
  storeThreshold: [fraction, 'a number from 0 to 1'],
  threshold: [fraction, 'a number from 0 to 1'],
  batch: [
    (value) => value === undefined || (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 256),
    'a whole number from 1 to 256',
  ],
};

/** Parses a manifest written by a person. Throws PermanentError `bad_manifest`, which lists every invalid field. */
export function parseManifest(json: unknown): ModelManifest {
  if (!isObject(json)) throw new PermanentError('bad_manifest', 'a manifest is a JSON object');
  const problems = Object.entries(FIELDS).flatMap(([field, [check, expected]]) =>
    check(json[field]) ? [] : [`${field} should be ${expected}`],
  );
  problems.push(
    ...Object.keys(json)
      .filter((field) => !Object.hasOwn(FIELDS, field))
      .map((field) => `${field} is unknown`),
  );
  if (problems.length === 0) problems.push(...disagreements(json as unknown as ModelManifest));
  if (problems.length > 0)
    throw new PermanentError(
      'bad_manifest',
      `the manifest is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
  return { ...(json as unknown as ModelManifest), batch: (json['batch'] as number | undefined) ?? 1 };
}

function disagreements({ decoder, labels, categories, storeThreshold, threshold }: ModelManifest): string[] {
  const problems: string[] = [];
  const unknown = Object.keys(categories).filter((label) => !labels.includes(label));
  if (unknown.length > 0) problems.push(`categories names unknown labels: ${unknown.join(', ')}`);
  if (decoder !== 'softmax' && Object.keys(categories).length === 0)
    problems.push('categories is empty: the detector would detect nothing');
  if (new Set(labels).size < labels.length) problems.push('duplicate labels');
  if (storeThreshold > threshold)
    problems.push('storeThreshold is above threshold: effective detections would not be stored');
  return problems;
}

function isFiles(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (file) =>
        isObject(file) && isInside(file['path']) && typeof file['sha256'] === 'string' && SHA256.test(file['sha256']),
    )
  );
}

function isInside(path: unknown): boolean {
  return (
    typeof path === 'string' &&
    path !== '' &&
    !path.startsWith('/') &&
    !path.includes('\\') &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

function isCategories(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((category) => CATEGORIES.includes(category as Category));
}
