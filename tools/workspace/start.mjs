// What `npm run demo`, `npm start`, `npm test` and the other commands call. Without dependencies, because it is what
// installs them: checks Node, installs packages if they are missing or outdated, generates and bundles what is stale,
// then runs the command.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bundleStale } from './bundle-stale.mjs';
import { generateStaleClientTypes } from './client-types.mjs';
import { dependencyFolders, ROOT, run } from './workspace-root.mjs';

/** The project below tools/ that has each command. */
const PROJECTS = {
  bench: 'bench',
  'bench:api': 'bench',
  'bench:bulk-change': 'bench',
  'bench:tasks': 'bench',
  demo: 'launcher',
  dev: 'launcher',
  soak: 'bench',
  start: 'launcher',
  tensorflow: 'tensorflow',
  test: 'launcher',
  'test:api-fuzz': 'system-tests',
  'test:faults': 'system-tests',
};
/** Commands that do not need the apps. `test` bundles them as a step that may fail while other steps still run. */
const WITHOUT_APPS = ['test', 'tensorflow'];
const MIN_NODE = [20, 19];
const INSTALL_DEADLINE_MS = 20 * 60_000;

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return;
  fail(`Node ${MIN_NODE.join('.')} or newer is needed, this is ${process.versions.node}; see https://nodejs.org`);
}

// npm lists in node_modules/.package-lock.json what it installed. It removes that file first and writes it last, so
// that a broken installation has none.
function arePackagesCurrent() {
  const expected = readPackages('package-lock.json');
  const installed = readPackages('node_modules/.package-lock.json');
  if (expected === null) fail('package-lock.json is missing or broken');
  if (installed === null) return false;
  return Object.entries(expected).every(([path, { version, optional, link }]) => {
    const found = installed[path];
    if (!path.includes('node_modules/')) return true;
    // Optional ones depend on the platform.
    if (found === undefined)
      return optional === true || expected[path].devOptional === true || expected[path].peer === true;
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
  if (arePackagesCurrent()) return;
  log('installing packages (npm ci); once, it takes a minute or two');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund'];
  const options = { cwd: ROOT, timeout: INSTALL_DEADLINE_MS };
  const code = npm?.endsWith('.js')
    ? await run(process.execPath, [npm, ...args], options)
    : await run('npm', args, options);
  if (code !== 0)
    fail(
      `the packages could not be installed: npm ci ended with ${code}; its messages are above ` +
        '(is the registry reachable? is the disk full?)',
    );
}

async function bundle(command, project) {
  const apps = WITHOUT_APPS.includes(command)
    ? []
    : readdirSync(join(ROOT, 'apps'))
        .sort()
        .map((name) => join('apps', name));
  const tools = dependencyFolders(join('tools', project)).filter((folder) => folder.startsWith('tools'));
  const problem = await bundleStale([...tools, ...apps], log);
  if (problem !== null) fail(problem);
}

function log(line) {
  process.stdout.write(`${line}\n`);
}

function fail(line) {
  process.stderr.write(`pugmark: ${line}\n`);
  process.exit(1);
}

const command = process.argv[2];
const project = PROJECTS[command];
if (project === undefined) fail(`unknown command '${command}'; known commands: ${Object.keys(PROJECTS).join(', ')}`);
requireNode();
await installPackages();
generateStaleClientTypes();
await bundle(command, project);
// In this very process: signals and the exit code need no passing on, and killing this process kills the launcher.
process.setSourceMapsEnabled(true);
createRequire(import.meta.url)(join(ROOT, 'tools', project, 'dist', 'bundle', 'main.js'));
