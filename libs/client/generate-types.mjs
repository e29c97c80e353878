// Prints the types of the client, made from the OpenAPI document: `node generate-types.mjs DOCUMENT`, for `npm run api:generate` and for the
// test that compares.
import { readFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const HEAD = '// Made from docs/openapi.json by `npm run api:generate`: not to be edited.\n\n';

const types = await openapiTS(JSON.parse(readFileSync(process.argv[2], 'utf8')), {
  // A field with a default may be left out; only in requests is there one.
  defaultNonNullable: false,
  silent: true,
  // Files.
  transform: ({ contentMediaType }) =>
    contentMediaType === undefined ? undefined : ts.factory.createTypeReferenceNode('Blob'),
});
process.stdout.write(HEAD + astToString(types));
