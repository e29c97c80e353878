/** The package gives no types for it; `proto.ts` does. */
declare module '@tensorflow/tfjs-node-gpu/dist/proto/api_pb' {
  const protobufs: unknown;
  export = protobufs;
}
