{{/* Names and labels. */}}

{{- define "framecast.name" -}}
{{- default .Chart.Name .Values.nameOverride -}}
{{- end -}}

{{/* Prefix of every object. Kept short because a StatefulSet's name, with pool and revision, must fit into a label. */}}
{{- define "framecast.fullname" -}}
{{- $name := include "framecast.name" . -}}
{{- $full := printf "%s-%s" .Release.Name $name -}}
{{- if .Values.fullnameOverride -}}{{- $full = .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}{{- $full = .Release.Name -}}
{{- end -}}
{{- if gt (len $full) 26 -}}
{{- fail (printf "\n\nThe name %q is longer than 26 characters, too long for what is made of it. Set fullnameOverride to a shorter one.\n" $full) -}}
{{- end -}}
{{- $full -}}
{{- end -}}

{{/* Labels that never change: selectors. Argument: dict root, component, pool (optional). */}}
{{- define "framecast.selector" -}}
app.kubernetes.io/name: {{ include "framecast.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- with .pool }}
framecast.dev/pool: {{ . }}
{{- end }}
{{- end -}}

{{- define "framecast.labels" -}}
{{ include "framecast.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name (.root.Chart.Version | replace "+" "_") }}
{{- end -}}

{{/* Reference of an image. Argument: dict image, tag (default tag). */}}
{{- define "framecast.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ default .tag .image.tag }}
{{- end -}}
{{- end -}}
