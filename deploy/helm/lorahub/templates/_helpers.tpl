{{- define "lorahub.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "lorahub.fullname" -}}
{{- $name := include "lorahub.name" . -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains $name .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{- define "lorahub.selector" -}}
app.kubernetes.io/name: {{ include "lorahub.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "lorahub.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{ include "lorahub.selector" . }}
{{- end }}

{{- define "lorahub.natsSecret" -}}
{{ default (printf "%s-nats" (include "lorahub.fullname" .)) .Values.nats.existingSecret }}
{{- end }}

{{- define "lorahub.postgresSecret" -}}
{{ default (printf "%s-postgres" (include "lorahub.fullname" .)) .Values.postgres.existingSecret }}
{{- end }}

{{/* Renders a list of dictionaries as `env` entries; later dictionaries override earlier ones. */}}
{{- define "lorahub.env" -}}
{{- $all := dict -}}
{{- range . }}{{ $all = mergeOverwrite $all (deepCopy .) }}{{ end -}}
{{- range $name, $value := $all }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}

{{/* The port of Telemetry__MetricsUrl in `settings`; empty if /metrics is on the service's own port. */}}
{{- define "lorahub.metricsPort" -}}
{{ regexFind "[0-9]+$" (toString (default "" .Values.settings.Telemetry__MetricsUrl)) }}
{{- end }}

{{- define "lorahub.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1654
runAsGroup: 1654
fsGroup: 1654
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "lorahub.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Liveness checks only the process. A node that waits for NATS or PostgreSQL is not ready, but a restart would not help. */}}
{{- define "lorahub.probes" -}}
startupProbe:
  httpGet: {path: /health/live, port: http}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /health/live, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet: {path: /health/ready, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
{{- end }}

{{/* The names of the Service and the Ingress, to which the API also answers where no token is set. */}}
{{- define "lorahub.hostSettings" -}}
{{- $name := include "lorahub.fullname" . -}}
Api__Hosts__0: {{ $name }}
Api__Hosts__1: {{ printf "%s.%s" $name .Release.Namespace }}
Api__Hosts__2: {{ printf "%s.%s.svc" $name .Release.Namespace }}
Api__Hosts__3: {{ printf "%s.%s.svc.cluster.local" $name .Release.Namespace }}
{{- if .Values.ingress.enabled }}
Api__Hosts__4: {{ .Values.ingress.host }}
{{- end }}
{{- end }}

{{- define "lorahub.modelSettings" -}}
{{- if .Values.models.existingClaim }}
Models__Folders__0: /models
{{- end }}
{{- with .Values.models.base }}
Models__Base: {{ . }}
{{- end }}
{{- end }}
