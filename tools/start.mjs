// What `npm run demo`, `npm start`, `npm test` and `npm run bench` call. Plain JavaScript without dependencies, because it is what installs
// them: checks Node, installs packages if they are missing or out of date, bundles what is stale, then hands over to the launcher proper.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LEAST_NODE = [20, 19];
const INSTALL_DEADLINE_MS = 20 * 60_000;
const BUNDLE_DEADLINE_MS = 5 * 60_000;

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
    if (found === undefined) return optional === true || wanted[path].devOptional === true || wanted[path].peer === true;
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
  const code = npm?.endsWith('.js') ? await run(process.execPath, [npm, ...args], ROOT, INSTALL_DEADLINE_MS) : await run('npm', args, ROOT, INSTALL_DEADLINE_MS);
  if (code !== 0) stop(`the packages could not be installed: npm ci ended with ${code}; its messages are above (is the registry reachable? is the disk full?)`);
}

// The tests bundle the apps themselves, as a step that may fail without the other steps going unrun.
async function bundleStale(onlyTools) {
  const apps = onlyTools ? [] : readdirSync(join(ROOT, 'apps')).sort().map((name) => join('apps', name));
  const fingerprint = fingerprintOf(['apps', 'libs', 'tools']);
  const stale = ['tools', ...apps].filter(hasEntryPoint).filter((project) => !isBundled(project, fingerprint));
  if (stale.length === 0) return;
  say(`bundling ${stale.join(', ')}`);
  // All at once: each takes less than a second.
  const codes = await Promise.all(
    stale.map((project) => run(process.execPath, [join(ROOT, 'tools', 'bundle.mjs')], join(ROOT, project), BUNDLE_DEADLINE_MS, true)),
  );
  stale.forEach((project, index) => {
    if (codes[index] === 0) writeFileSync(stampOf(project), fingerprint);
  });
  const failed = stale.filter((_, index) => codes[index] !== 0);
  if (failed.length > 0) stop(`could not be bundled: ${failed.join(', ')}; the messages are above`);
}

function isBundled(project, fingerprint) {
  return existsSync(join(ROOT, project, 'dist', 'bundle', 'main.js')) && existsSync(stampOf(project)) && readFileSync(stampOf(project), 'utf8') === fingerprint;
}

function stampOf(project) {
  return join(ROOT, project, 'dist', 'bundle.stamp');
}

function hasEntryPoint(project) {
  return existsSync(join(ROOT, project, 'src', 'main.ts'));
}

// Name, size and time of every source file: a file that was taken away counts as well.
function fingerprintOf(folders) {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json')));
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) hash.update(`${path} ${statSync(path).size} ${statSync(path).mtimeMs}\n`);
    }
  };
  for (const folder of folders) walk(join(ROOT, folder));
  return hash.digest('hex');
}

// Resolves with the exit code. A quiet command's words are shown only if it fails.
function run(command, args, cwd, timeout, quiet = false) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, timeout, stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'] });
    let words = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (words += data));
    child.on('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    child.on('close', (code, signal) => {
      if (code !== 0) process.stderr.write(words);
      // A command that was interrupted has been told so by the user.
      if (signal === 'SIGINT') process.exit(130);
      resolve(code ?? signal);
    });
  });
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
await bundleStale(process.argv[2] === 'test');
// In this very process: signals and the exit code need no passing on, and killing this process kills the launcher.
process.setSourceMapsEnabled(true);
createRequire(import.meta.url)(join(ROOT, 'tools', 'dist', 'bundle', 'main.js'));
