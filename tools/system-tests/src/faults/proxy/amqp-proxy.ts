import { AmqpClientStream } from './amqp-client-stream';
import { isMethod, type AmqpMethod } from './amqp-frames';
import type { ProxiedConnection } from './proxied-connection';
import { TcpProxy, type TcpTarget } from './tcp-proxy';

/** Cuts the connections that send one method, until it is cancelled. */
export interface MethodCut {
  /** How many connections it has cut. */
  readonly cuts: number;
  cancel(): void;
}

interface Order {
  readonly method: AmqpMethod;
  readonly times: number;
  cuts: number;
}

/**
 * A TcpProxy for RabbitMQ that parses what the clients send. It forwards whole frames, so that hooks see whole frames,
 * too. To drop the broker's confirms, use `pause('down')`. A client that does not speak AMQP 0-9-1 is cut.
 */
export class AmqpProxy extends TcpProxy {
  readonly #streams = new WeakMap<ProxiedConnection, AmqpClientStream>();
  readonly #orders = new Set<Order>();

  static override async listen(target: TcpTarget): Promise<AmqpProxy> {
    const proxy = new AmqpProxy(target);
    await proxy.start();
    return proxy;
  }

  /**
   * Acks, in the client's name, a delivery that does not exist, on every consuming channel: the broker closes each with
   * 406 PRECONDITION_FAILED and keeps the connection. Returns the number of channels.
   */
  ackUnknownDelivery(): number {
    let hit = 0;
    for (const connection of this.present) {
      const { bytes, channels } = this.#streamOf(connection).ackUnknownDelivery();
      connection.injectUp(bytes);
      hit += channels;
    }
    return hit;
  }

  /**
   * Cuts a connection when its client sends the method (see `METHOD`), the first `times` times; the method is not
   * forwarded.
   */
  cutOn(classId: number, methodId: number, times: number): MethodCut {
    const order: Order = { method: { classId, methodId }, times, cuts: 0 };
    this.#orders.add(order);
    return {
      get cuts() {
        return order.cuts;
      },
      cancel: () => void this.#orders.delete(order),
    };
  }

  protected override passUp(chunk: Buffer, connection: ProxiedConnection): Buffer {
    try {
      const { bytes, methods } = this.#streamOf(connection).push(chunk);
      if (!this.#cutFor(methods)) return bytes;
    } catch {
      // Not AMQP: there is no frame to forward, and the client's data must not crash the test process.
    }
    connection.cut();
    return Buffer.alloc(0);
  }

  #cutFor(methods: readonly AmqpMethod[]): boolean {
    for (const order of this.#orders) {
      if (order.cuts < order.times && methods.some((method) => isMethod(method, order.method))) {
        order.cuts += 1;
        return true;
      }
    }
    return false;
  }

  #streamOf(connection: ProxiedConnection): AmqpClientStream {
    const known = this.#streams.get(connection);
    if (known !== undefined) return known;
    const stream = new AmqpClientStream();
    this.#streams.set(connection, stream);
    return stream;
  }
}
