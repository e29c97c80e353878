// What `npm run demo`, `npm start`, `npm test` and `npm run bench` call. Plain JavaScript without dependencies, because it is what installs
// them: checks Node, installs packages if they are missing or out of date, bundles what is stale, then hands over to the launcher proper.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleStale, run } from './bundle-stale.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LEAST_NODE = [20, 19];
const INSTALL_DEADLINE_MS = 20 * 60_000;

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  stop(`Node ${LEAST_NODE.join('.')} or newer is needed, this is ${process.versions.node}; see https://nodejs.org`);
}

// npm notes in node_modules/.package-lock.json what it installed; it is removed first and written last, so a broken install has none.
function packagesAreCurrent() {
  const wanted = readPackages('package-lock.json');
  const installed = readPackages('node_modules/.package-lock.json');
  if (wanted === null) stop('package-lock.json is missing or broken');
  if (installed === null) return false;
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    const found = installed[path];
    if (!path.includes('node_modules/')) return true;
    // Optional ones depend on the platform.
    if (found === undefined)
      return optional === true || wanted[path].devOptional === true || wanted[path].peer === true;
    return link === true || found.version === version;
  });
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages ?? null;
  } catch {
    return null;
  }
}

async function installPackages() {
  if (packagesAreCurrent()) return;
  say('installing packages (npm ci); once, it takes a minute or two');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund'];
  const how = { cwd: ROOT, timeout: INSTALL_DEADLINE_MS };
  const code = npm?.endsWith('.js') ? await run(process.execPath, [npm, ...args], how) : await run('npm', args, how);
  if (code !== 0)
    stop(
      `the packages could not be installed: npm ci ended with ${code}; its messages are above (is the registry reachable? is the disk full?)`,
    );
}

// The tests bundle the apps themselves, as a step that may fail without the other steps going unrun.
async function bundle(onlyTools) {
  const apps = onlyTools
    ? []
    : readdirSync(join(ROOT, 'apps'))
        .sort()
        .map((name) => join('apps', name));
  const problem = await bundleStale(['tools', ...apps], say);
  if (problem !== null) stop(problem);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function stop(line) {
  process.stderr.write(`pugmark: ${line}\n`);
  process.exit(1);
}

checkNode();
await installPackages();
await bundle(process.argv[2] === 'test');
// In this very process: signals and the exit code need no passing on, and killing this process kills the launcher.
process.setSourceMapsEnabled(true);
createRequire(import.meta.url)(join(ROOT, 'tools', 'dist', 'bundle', 'main.js'));
