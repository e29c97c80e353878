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
/** Longest that one part may take to arrive: the server's own limit. */
const PART_DEADLINE_MS = 60 * 60_000;
/** Refused files that are shown one by one. */
const MAX_SHOWN = 50;

/** Sends the pictures of a folder to a server that cannot see it. */
export const uploadCommand: Command = {
  summary: 'send the pictures of a folder, those that are not there yet',
  usage: `${USAGE}
  Hashes the pictures (.jpg .jpeg .png .webp .tif .tiff), asks which the project does not hold, sends those, and waits until they are
  taken in. What breaks off is taken up by running it again. A run looks at what was added, unless --no-detect.
  The gateway is that of --url or PUGMARK_URL, with the key in --key-file or PUGMARK_KEY, which needs the scopes read and ingest; else
  the running instance (--instance, usually main).
  Exit code 0: all pictures are there; 1: some were refused; 2: wrong usage, or the key may not; 3: the gateway does not answer.`,

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
    const { images: pictures, others } = await findImageFiles(folder);
    context.print(
      `${pictures.length} pictures below ${folder}${others === 0 ? '' : `, and ${others} other files, which are left out`}`,
    );
    const place = { projectId: project.id, deploymentId: deployment?.id, detect: !values['no-detect'] };
    const result = await uploadFolder(client.with({ deadlineMs: PART_DEADLINE_MS }), place, pictures, (progress) =>
      context.print(progressText(progress)),
    ).catch((error: unknown) => {
      context.print('Broken off. What was sent is there: run it again for the rest.');
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
  const facts = await stat(path).catch(() => null);
  if (facts?.isDirectory() !== true)
    throw new UsageError(facts === null ? `${path} does not exist` : `${path} is not a folder`);
  return path;
}

function progressText({ seen, total, sent, sentBytes }: UploadProgress): string {
  return `  ${seen} of ${total} looked at, ${sent} sent (${megabytes(sentBytes)})`;
}

function printResult(result: UploadResult, ingested: Ingested, folder: string, { print }: CommandContext): number {
  const refused = [
    ...result.refused.map(({ path, reason }) => ({ path: relative(folder, path), reason })),
    ...ingested.refused,
  ];
  const runs = result.ingests.flatMap(({ runId }) => (runId === null ? [] : [runId]));
  const rows = [
    ['there before', String(result.held)],
    ...(result.repeated === 0 ? [] : [['twice in the folder', String(result.repeated)]]),
    ...(ingested.duplicates === 0 ? [] : [['there meanwhile', String(ingested.duplicates)]]),
    ['refused', String(refused.length)],
    ...(runs.length === 0
      ? []
      : [['looked at in', `${runs.length === 1 ? 'run' : 'runs'} ${runs.join(', ')}: pugmark status shows how far`]]),
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
