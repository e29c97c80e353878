/** The package has no types for it; `proto.ts` defines them. */
declare module '@tensorflow/tfjs-node-gpu/dist/proto/api_pb' {
  const protobufs: unknown;
  export = protobufs;
}
