import { dirname } from 'node:path';
import { Router } from 'express';

/** Folder of the Swagger UI package: https://github.com/swagger-api/swagger-ui/tree/master/swagger-ui-dist */
const SWAGGER_UI = dirname(require.resolve('swagger-ui-dist/package.json'));
const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Pugmark API</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="api"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/api/v1/openapi.json', dom_id: '#api', deepLinking: true, displayRequestDuration: true, tryItOutEnabled: true });
`;

/** Allows no other host; Swagger UI sets inline styles and draws its icons from `data:` URLs. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/** Swagger UI over the OpenAPI document. */
export function docsPage(): Router {
  const router = Router();
  router.use((_request, response, next) => {
    response.set('content-security-policy', POLICY);
    next();
  });
  router.get('/', (_request, response) => {
    response.type('html').send(PAGE);
  });
  router.get('/start.js', (_request, response) => {
    response.type('js').send(START);
  });
  for (const file of FILES) {
    router.get(`/${file}`, (_request, response) => {
      response.set('cache-control', 'public, max-age=3600').sendFile(file, { root: SWAGGER_UI, cacheControl: false });
    });
  }
  return router;
}
