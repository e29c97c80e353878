import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { API_OPTIONS, API_USAGE, openApi } from '../api-options';
import { columns } from '../columns';
import { EXIT, UsageError, type Command, type CommandContext } from '../command';
import { parseCommandLine } from '../parse-args';
import { printable } from '../printable';
import { findDeployment, findProject } from '../upload/find-deployment';
import { followIngests, type Ingested } from '../upload/follow-ingests';
import { findImageFiles } from '../upload/find-image-files';
import { uploadFolder, type UploadProgress, type UploadResult } from '../upload/upload-folder';

const USAGE = `pugmark upload FOLDER --project NAME|ID [--deployment NAME|ID] [--no-detect] ${API_USAGE}`;
/** Maximum duration of one part, as limited by the server. */
const PART_DEADLINE_MS = 60 * 60_000;
/** Maximum refused files that are listed. */
const MAX_SHOWN = 50;

/** Uploads the images of a folder that the server cannot access. */
export const uploadCommand: Command = {
  summary: 'upload the images of a folder that the project does not have yet',
  usage: `${USAGE}
  Hashes the images (.jpg .jpeg .png .webp .tif .tiff), sends those that the project does not have, and waits until they are
  ingested. An interrupted upload can be resumed by running it again. Starts a run over the added images, unless --no-detect.
  The gateway is that of --url or PUGMARK_URL, with the key in --key-file or PUGMARK_KEY, which needs the scopes read and
  ingest; else the running instance (--instance, default main).
  Exit code 0: all images are stored; 1: some were refused; 2: wrong usage, or the key lacks a scope; 3: the gateway does not
  answer.`,

  run: async (args, context) => {
    const { values, positionals } = parseCommandLine(USAGE, args, {
      ...API_OPTIONS,
      project: { type: 'string' },
      deployment: { type: 'string' },
      'no-detect': { type: 'boolean', default: false },
    });
    const [given, ...rest] = positionals;
    if (given === undefined || rest.length > 0 || values.project === undefined)
      throw new UsageError(`one folder and --project are needed\nusage: ${USAGE}`);
    const folder = await requireFolder(resolve(context.folder, given));
    const { client } = openApi(values, context);
    const project = await findProject(client, values.project);
    const deployment =
      values.deployment === undefined ? undefined : await findDeployment(client, project.id, values.deployment);
    const { images, others } = await findImageFiles(folder);
    context.print(
      `${images.length} images below ${folder}${others === 0 ? '' : `, and ${others} other files, which are skipped`}`,
    );
    const place = { projectId: project.id, deploymentId: deployment?.id, detect: !values['no-detect'] };
    const result = await uploadFolder(client.with({ deadlineMs: PART_DEADLINE_MS }), place, images, (progress) =>
      context.print(progressText(progress)),
    ).catch((error: unknown) => {
      context.print('Interrupted. Sent images are stored: run it again for the others.');
      throw error;
    });
    const ingested = await followIngests(
      client,
      result.ingests.map(({ id }) => id),
    );
    return printResult(result, ingested, folder, context);
  },
};

async function requireFolder(path: string): Promise<string> {
  const stats = await stat(path).catch(() => null);
  if (stats?.isDirectory() !== true)
    throw new UsageError(stats === null ? `${path} does not exist` : `${path} is not a folder`);
  return path;
}

function progressText({ seen, total, sent, sentBytes }: UploadProgress): string {
  return `${seen} of ${total} checked, ${sent} sent (${megabytes(sentBytes)})`;
}

function printResult(result: UploadResult, ingested: Ingested, folder: string, { print }: CommandContext): number {
  const refused = [
    ...result.refused.map(({ path, reason }) => ({ path: relative(folder, path), reason })),
    ...ingested.refused,
  ];
  const runs = result.ingests.flatMap(({ runId }) => (runId === null ? [] : [runId]));
  const rows = [
    ['already stored', String(result.existing)],
    ...(result.repeated === 0 ? [] : [['duplicates', String(result.repeated)]]),
    ...(ingested.duplicates === 0 ? [] : [['stored meanwhile', String(ingested.duplicates)]]),
    ['refused', String(refused.length)],
    ...(runs.length === 0
      ? []
      : [
          [
            'processed in',
            `${runs.length === 1 ? 'run' : 'runs'} ${runs.join(', ')}: pugmark status shows the progress`,
          ],
        ]),
  ];
  print(columns(['added', `${ingested.added} (${megabytes(result.sentBytes)} sent)`], rows));
  if (refused.length === 0) return EXIT.ok;
  print(
    `\nRefused:\n${refused
      .slice(0, MAX_SHOWN)
      .map(({ path, reason }) => `  ${printable(path)}: ${printable(reason)}`)
      .join('\n')}`,
  );
  if (refused.length > MAX_SHOWN) print(`  and ${refused.length - MAX_SHOWN} more`);
  return EXIT.differs;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
