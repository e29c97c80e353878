import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { messageOf, withDeadline } from '@pugmark/domain';

/** Resolves when healthy; rejects with the reason otherwise. */
export type HealthCheck = () => void | Promise<void>;

export interface HealthChecks {
  /**
   * Whether the process makes progress. A failure means that it should be restarted. Never depends on another service.
   */
  readonly live: Readonly<Record<string, HealthCheck>>;
  /** Whether the process can do its work now. A failure means that callers should wait. */
  readonly ready: Readonly<Record<string, HealthCheck>>;
}

const CHECK_DEADLINE_MS = 2_000;

/** Serves `/livez`, `/readyz` (200 or 503, with every check by name) and `/metrics` on a port of its own. */
export class HealthServer {
  readonly #server: Server;

  constructor(
    /** Called for each request: a service that is still starting has no checks yet. */
    private readonly checks: () => HealthChecks,
    private readonly metrics: Registry,
  ) {
    this.#server = createServer((request, response) => {
      const path = (request.url ?? '/').split('?')[0];
      const answer =
        path === '/livez'
          ? this.#report(response, this.checks().live)
          : path === '/readyz'
            ? this.#report(response, this.checks().ready)
            : path === '/metrics'
              ? this.#metrics(response)
              : Promise.resolve(send(response, 404, 'text/plain', 'not found: try /livez, /readyz or /metrics\n'));
      answer.catch((error: unknown) => send(response, 500, 'text/plain', `${messageOf(error)}\n`));
    });
    this.#server.keepAliveTimeout = 1_000;
  }

  /** Listens on a port; 0 takes any free one. Resolves with the port. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => resolve());
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #report(response: ServerResponse, checks: Readonly<Record<string, HealthCheck>>): Promise<void> {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        try {
          await withDeadline(Promise.resolve(check()), CHECK_DEADLINE_MS, name);
          return [name, 'ok'] as const;
        } catch (error) {
          return [name, messageOf(error)] as const;
        }
      }),
    );
    const healthy = results.every(([, state]) => state === 'ok');
    const body = { status: healthy ? 'ok' : 'failing', checks: Object.fromEntries(results) };
    send(response, healthy ? 200 : 503, 'application/json', `${JSON.stringify(body)}\n`);
  }

  async #metrics(response: ServerResponse): Promise<void> {
    send(response, 200, this.metrics.contentType, await this.metrics.metrics());
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': type }).end(body);
}
