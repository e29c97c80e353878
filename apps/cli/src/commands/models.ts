import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ModelRepository, createDatabase, pingDatabase, type Database, type ModelRow } from '@pugmark/db';
import { messageOf, PermanentError, RetryableError, withDeadline, type ModelManifest } from '@pugmark/domain';
import { draftManifest, importModel, parseManifest, type ImportedModel } from '@pugmark/inference';
import { columns } from '../columns';
import { EXIT, UsageError, type Command, type CommandContext } from '../command';
import { findModelLocations, findTensorflowDir } from '../connections';
import { parseCommandLine } from '../parse-args';

const USAGE = 'pugmark models list | draft PATH | add PATH [--manifest FILE] [--instance NAME]';
const DATABASE_DEADLINE_MS = 15_000;

/** Lists the models that runs can use, and adds new ones. */
export const modelsCommand: Command = {
  summary: 'list the models, draft a manifest, add a model',
  usage: `${USAGE}
  list   shows the models that runs can be for.
  draft  prints a manifest with the fields that the model's files contain; fill in those that are null.
  add    verifies, tests, converts and stores a model. PATH is a manifest, or a folder or model next to a manifest.json,
         or any model with --manifest FILE: a TensorFlow.js graph model (its .json file) or a SavedModel (its folder).
  Uses the database and folder of DATABASE_URL and MODELS_DIR, else of the running instance (--instance, default main).
  Exit code 0: done; 2: wrong usage, or the model is not in order; 3: the database cannot be reached.`,

  run: async (args, context) => {
    const { values, positionals } = parseCommandLine(USAGE, args, {
      manifest: { type: 'string' },
      instance: { type: 'string', default: 'main' },
    });
    const [action, path, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError(`one path at a time\nusage: ${USAGE}`);
    if (action === 'list' && path === undefined) return list(values.instance, context);
    if (action === 'draft' && path !== undefined) return draft(resolve(context.folder, path), context);
    if (action === 'add' && path !== undefined) return add(resolve(context.folder, path), values, context);
    throw new UsageError(`usage: ${USAGE}`);
  },
};

async function list(instance: string, context: CommandContext): Promise<number> {
  const { databaseUrl } = findModelLocations(context.config, instance, context.folder);
  const models = await withDatabase(databaseUrl, (db) => new ModelRepository().list(db));
  const row = ({ id, name, version, stage, is_default: isDefault, licence }: ModelRow) => [
    String(id),
    name,
    version,
    stage,
    isDefault ? 'default' : '',
    licence,
  ];
  context.print(columns(['id', 'name', 'version', 'stage', '', 'licence'], models.map(row)));
  return EXIT.ok;
}

async function draft(path: string, { print }: CommandContext): Promise<number> {
  print(JSON.stringify((await draftManifest(path)).manifest, null, 2));
  return EXIT.ok;
}

async function add(
  path: string,
  options: { manifest?: string | undefined; instance: string },
  context: CommandContext,
): Promise<number> {
  const { config, folder, print } = context;
  const places = findModelLocations(config, options.instance, folder);
  const found = await findManifest(
    path,
    options.manifest === undefined ? undefined : resolve(folder, options.manifest),
  );
  // Checks the database before minutes of work.
  await withDatabase(places.databaseUrl, pingDatabase);
  const imported = await importModel(found.manifest, {
    folder: found.folder,
    modelsDir: places.modelsDir,
    engine: {
      engine: config.ML_ENGINE,
      device: config.ML_DEVICE,
      tensorflowDir: findTensorflowDir(config, folder),
      convertedDir: join(places.modelsDir, 'converted'),
    },
  });
  const row = await withDatabase(places.databaseUrl, (db) => new ModelRepository().register(db, imported.manifest));
  print(report(row, imported));
  return EXIT.ok;
}

interface FoundManifest {
  readonly manifest: ModelManifest;
  /** Folder of the model's files. */
  readonly folder: string;
}

async function findManifest(path: string, manifestFile: string | undefined): Promise<FoundManifest> {
  const stats = await stat(path).catch(() => null);
  if (stats === null) throw new UsageError(`${path} does not exist`);
  const folder = stats.isDirectory() ? path : dirname(path);
  const file = manifestFile ?? (stats.isFile() && (await isManifest(path)) ? path : join(folder, 'manifest.json'));
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const advice = `write one, starting from the output of 'pugmark models draft ${path}', as ${join(folder, 'manifest.json')} or for --manifest`;
    throw new UsageError(`the model has no manifest (${messageOf(error)}): ${advice}`);
  });
  return { manifest: parseManifest(parseJson(file, text)), folder };
}

/** A graph model is a .json file as well. */
async function isManifest(path: string): Promise<boolean> {
  if (!path.endsWith('.json')) return false;
  const json = parseJson(path, await readFile(path, 'utf8'));
  return typeof json === 'object' && json !== null && !('modelTopology' in json);
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PermanentError('bad_manifest', `${file} is not valid JSON: ${messageOf(error)}`);
  }
}

function report(
  { id, name, version, stage, is_default: isDefault }: ModelRow,
  { engine, inferMs, difference, manifest }: ImportedModel,
): string {
  const compared =
    difference === null ? 'nothing to compare with' : `${difference.toPrecision(2)} from op-by-op execution`;
  const lines = [
    `Model ${id}: ${name} ${version}, ${stage === 'detect' ? 'a detector' : 'a classifier'}${isDefault ? ', the default' : ''}`,
    `  engine      ${engine.name} ${engine.version} (${engine.device}): ${engine.reason}`,
    `  one image   ${inferMs.toFixed(1)} ms`,
    `  batch       ${manifest.batch}${manifest.openBatch === true ? ' (the graph was made for one image and has been opened)' : ''}`,
    `  difference  ${compared}`,
  ];
  if (stage === 'detect' && !isDefault)
    lines.push(`  to make it the default: curl -X PUT .../api/v1/models/${id}/default`);
  return lines.join('\n');
}

async function withDatabase<T>(url: string, work: (db: Database) => Promise<T>): Promise<T> {
  const db = createDatabase({ url, applicationName: 'pugmark-cli', onIdleError: () => undefined });
  try {
    return await withDeadline(work(db), DATABASE_DEADLINE_MS, 'the database');
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    throw new RetryableError('database_unavailable', `the database does not respond as expected: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    await db.destroy();
  }
}
