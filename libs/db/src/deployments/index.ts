export { deleteDeployment } from './delete-deployment';
export {
  DeploymentRepository,
  type DeploymentChange,
  type DeploymentTimes,
  type DeploymentWithLocation,
} from './deployment.repository';
