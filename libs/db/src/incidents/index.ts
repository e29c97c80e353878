export { IncidentRepository, type IncidentRow, type NewIncident } from './incident.repository';
export { SEVERITIES, type Severity } from './incidents.tables';
