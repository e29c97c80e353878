// Bundles one app (or the tools): every `main.ts` and `*.child.ts` under src becomes a file of dist/bundle. Workspace libraries are
// bundled in; npm packages stay outside and come from node_modules.
import { build } from 'esbuild';
import { globSync } from './glob.mjs';
import { relative } from 'node:path';

const entryPoints = globSync('src', (name) => name === 'main.ts' || name.endsWith('.child.ts'));
if (entryPoints.length === 0) throw new Error(`nothing to bundle in ${process.cwd()}: no src/**/main.ts`);

await build({
  entryPoints,
  outdir: 'dist/bundle',
  outbase: 'src',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  logLevel: 'warning',
  plugins: [
    {
      name: 'npm-packages-stay-outside',
      setup(b) {
        // The entry points themselves look like package names ('src/main.ts').
        b.onResolve({ filter: /^[^./]/ }, (args) =>
          args.kind === 'entry-point' || args.path.startsWith('@pugmark/')
            ? undefined
            : { path: args.path, external: true },
        );
      },
    },
  ],
});
console.log(`bundled ${entryPoints.map((e) => relative(process.cwd(), e)).join(', ')}`);
