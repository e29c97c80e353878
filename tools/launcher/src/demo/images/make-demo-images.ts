import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, type Log } from '@pugmark/toolkit';
import { renderBackdrop, type Place } from './backdrop';
import { renderScene } from './render-scene';
import { DEPLOYMENTS, planScenes } from './scenes';
import { cutOutSubjects, type SubjectSources } from './subjects';

/** Change it when the pictures change, so that existing ones are made again. */
const EDITION = 'edition-1';

const PLACES: Readonly<Record<string, Place>> = {
  'creek-crossing': {
    seed: 71,
    leafDark: [22, 32, 18],
    leafLight: [118, 138, 74],
    groundDark: [52, 50, 30],
    groundLight: [150, 144, 92],
    trunks: 5,
  },
  'forest-edge': {
    seed: 137,
    leafDark: [16, 28, 20],
    leafLight: [92, 118, 78],
    groundDark: [46, 40, 28],
    groundLight: [136, 118, 80],
    trunks: 8,
  },
};

export interface DemoDeployment {
  readonly name: string;
  readonly folder: string;
}

/** Returns the demo's pictures below `folder`. Makes them at the first call, in some seconds. */
export async function makeDemoImages(
  folder: string,
  log: Log,
  signal: AbortSignal,
): Promise<readonly DemoDeployment[]> {
  const deployments = DEPLOYMENTS.map(({ name }) => ({ name, folder: join(folder, name) }));
  if (existsSync(join(folder, EDITION))) return deployments;
  log('making the demo pictures (once)');
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const subjects = await cutOutSubjects(findSources());
  for (const deployment of DEPLOYMENTS) {
    const place = PLACES[deployment.name];
    if (!place) throw new Error(`no place for ${deployment.name}`);
    const target = join(fresh, deployment.name);
    mkdirSync(target, { recursive: true });
    const backdrop = await renderBackdrop(place);
    for (const scene of planScenes(deployment)) {
      signal.throwIfAborted();
      writeFileSync(join(target, scene.file), await renderScene(scene, backdrop, subjects));
    }
  }
  writeOddFiles(fresh);
  writeFileSync(join(fresh, EDITION), '');
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return deployments;
}

/** Adds what real memory cards hold, too: a duplicate, a truncated file, and a file that is no picture. */
function writeOddFiles(folder: string): void {
  const creek = join(folder, 'creek-crossing');
  const image = readFileSync(join(creek, 'RCNX0002.JPG'));
  writeFileSync(join(creek, 'RCNX0002 (copy).JPG'), image);
  const other = readFileSync(join(creek, 'RCNX0007.JPG'));
  writeFileSync(join(creek, 'RCNX0099.JPG'), other.subarray(0, Math.floor(other.length * 0.4)));
  writeFileSync(
    join(folder, 'forest-edge', 'notes.jpg'),
    'Changed batteries and card. This is a text file that someone named .jpg.\n',
  );
}

function findSources(): SubjectSources {
  const require = createRequire(__filename);
  const fileOf = (name: string, file: string): string => {
    // Not resolved as a module: the package's `exports` may hide the file.
    const parent = (require.resolve.paths(name) ?? []).find((modules) => existsSync(join(modules, name, file)));
    if (parent === undefined)
      throw new CommandError(`the npm package ${name}, the source of the demo pictures, is not installed; run npm ci`);
    return join(parent, name, file);
  };
  return { cat: fileOf('cat-picture', 'cat.jpg'), people: fileOf('@vladmandic/human', 'assets/samples.jpg') };
}
