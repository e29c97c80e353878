import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ApiClient } from '../api/api-client';
import { type CommandContext, InterruptedError, formatTable, untilAborted } from '@pugmark/toolkit';
import { requireNoRepeatedFailures } from '../platform/start-apps';
import { startPlatform, type Platform } from '../platform/start-platform';

import { demoOptions, type DemoOptions } from './demo-options';
import { followWork } from './follow-work';
import { makeDemoImages, type DemoDeployment } from './images/make-demo-images';
import { demoResult, type DemoResult } from './totals';

/** Runs the whole system on this machine, with pictures to try it on. */
export async function demoCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const options = demoOptions(args, context.userFolder);
  const deployments = await prepareImages(options, context);
  const platform = await startPlatform(
    { instance: 'main', port: options.port, portMayChange: true, ingestRoots: deployments.map(({ folder }) => folder) },
    context,
  );
  try {
    context.log(`Pugmark runs: ${platform.apiUrl}`);
    const { projectId, result } = await work(deployments, platform, context);
    const engines = (await new ApiClient(platform.apiUrl, platform.adminKey, context.signal).engines()) ?? [];
    const engine = engines.find(({ name }) => name === result.engine);
    context.log(`\n${resultTable(result, engine)}\n`);
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
    if (!options.once) {
      context.log(nextSteps(platform, projectId));
      await untilAborted(context.signal);
    }
  } finally {
    context.log('stopping');
    await platform.stop();
  }
  return 0;
}

async function prepareImages(options: DemoOptions, context: CommandContext): Promise<readonly DemoDeployment[]> {
  if (options.images !== undefined) return [{ name: basename(options.images), folder: options.images }];
  try {
    return await makeDemoImages(join(context.root, '.pugmark', 'demo', 'pictures'), context.log, context.signal);
  } catch (error) {
    throw context.signal.aborted ? new InterruptedError() : error;
  }
}

async function work(
  deployments: readonly DemoDeployment[],
  platform: Platform,
  { terminal, signal, log }: CommandContext,
): Promise<{ readonly projectId: number; readonly result: DemoResult }> {
  const api = new ApiClient(platform.apiUrl, platform.adminKey, signal);
  // A project of its own, so that each demo counts only its own pictures.
  const project = await api.createProject(`Demo ${new Date().toISOString().slice(0, 19).replace('T', ' ')}`);
  const placed: { readonly id: number; readonly folder: string }[] = [];
  for (const { name, folder } of deployments) {
    placed.push({
      ...(await api.createDeployment(project.id, { name, timezone: 'Europe/Berlin', locationName: name })),
      folder,
    });
  }
  const began = performance.now();
  const ingests: number[] = [];
  for (const { id, folder } of placed) {
    log(`ingesting ${folder}`);
    ingests.push((await api.startIngest(project.id, id, folder)).id);
  }
  const works = await followWork({
    api,
    ingests,
    terminal,
    signal,
    check: () => requireNoRepeatedFailures(platform.supervisor),
  });
  return { projectId: project.id, result: demoResult(works, (performance.now() - began) / 1000) };
}

type Engine = NonNullable<Awaited<ReturnType<ApiClient['engines']>>>[number];

function resultTable(result: DemoResult, engine: Engine | undefined): string {
  return formatTable([
    ['images', result.images],
    ['blanks', result.blanks],
    ['animals', result.animals],
    ['people', result.people],
    ['vehicles', result.vehicles],
    ['failed', result.failed],
    ['truncated, but processed', result.truncated],
    ['duplicates', result.duplicates],
    ['skipped files', result.skipped],
    ['seconds', result.seconds],
    ['images per minute', result.imagesPerMinute],
    ['engine', engine === undefined ? result.engine || 'none' : `${engine.name} ${engine.version}, ${engine.device}`],
    ...(engine === undefined ? [] : [['because', engine.reason] as const]),
  ]);
}

function nextSteps({ apiUrl, adminKeyFile, logFolder }: Platform, projectId: number): string {
  const api = `${apiUrl}/api/v1`;
  const curl = 'curl -H "$KEY"';
  const exportBody = JSON.stringify({ projectId, format: 'csv', content: 'detections' });
  return [
    'Next steps:',
    `  first     KEY="Authorization: Bearer $(cat ${adminKeyFile})"`,
    `  pictures  ${curl} '${api}/images?projectId=${projectId}&limit=5'`,
    `  export    ${curl} -X POST ${api}/exports -H 'content-type: application/json' -d '${exportBody}'`,
    `  progress  ${curl} ${api}/processing/status`,
    `  the API   ${apiUrl}/docs`,
    `  logs      ${logFolder}`,
    'It keeps running until Ctrl-C.',
  ].join('\n');
}
