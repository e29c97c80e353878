// Generates the client's types from the OpenAPI document: `node generate-types.mjs DOCUMENT TARGET` (target
// `generate`).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const HEAD = '// Generated from docs/openapi.json by `nx generate @pugmark/client`: not to be edited.\n\n';
const [document, target] = process.argv.slice(2);

const types = await openapiTS(JSON.parse(readFileSync(document, 'utf8')), {
  // A field with a default may be left out; only requests have one.
  defaultNonNullable: false,
  silent: true,
  // Files.
  transform: ({ contentMediaType }) =>
    contentMediaType === undefined ? undefined : ts.factory.createTypeReferenceNode('Blob'),
});
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, HEAD + astToString(types));
