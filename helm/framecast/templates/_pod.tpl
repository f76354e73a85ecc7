{{/* What all pods have in common. No pod needs the Kubernetes API, so none gets a token. */}}
{{- define "framecast.podDefaults" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user | default 1000 }}
  runAsGroup: {{ .user | default 1000 }}
  fsGroup: {{ .user | default 1000 }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "framecast.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end -}}

{{/* nodeSelector, tolerations, affinity: those of `own`, else those of `shared`. */}}
{{- define "framecast.placement" -}}
{{- $own := .own -}}{{- $shared := .shared -}}
{{- range $key := list "nodeSelector" "tolerations" "affinity" }}
{{- with (get $own $key | default (get $shared $key)) }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A reference to one key of the operator's Secret, as an environment variable. */}}
{{- define "framecast.secretVariable" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef: { name: {{ .root.Values.existingSecret }}, key: {{ .name }}{{ if .optional }}, optional: true{{ end }} }
{{- end -}}

{{/* Addresses of one pool's ComfyUI hosts, comma-separated. Argument: dict root, pool. */}}
{{- define "framecast.comfyuiUrls" -}}
{{- $urls := list -}}
{{- $set := printf "%s-comfyui-%s" (include "framecast.fullname" .root) .pool.name -}}
{{- $comfyui := .pool.comfyui | default dict -}}
{{- range $i := until (int ($comfyui.gpus | default 0)) -}}
{{- $urls = append $urls (printf "http://%s-%d.%s:8188" $set $i $set) -}}
{{- end -}}
{{- range ($comfyui.urls | default list) -}}{{- $urls = append $urls . -}}{{- end -}}
{{- join "," $urls -}}
{{- end -}}

{{/* Addresses of all pools' ComfyUI hosts. */}}
{{- define "framecast.allComfyuiUrls" -}}
{{- $urls := list -}}
{{- range .Values.workerPools -}}
{{- with include "framecast.comfyuiUrls" (dict "root" $ "pool" .) -}}{{- $urls = append $urls . -}}{{- end -}}
{{- end -}}
{{- join "," $urls -}}
{{- end -}}

{{- define "framecast.previewUrl" -}}
{{- if .Values.preview.enabled -}}http://{{ include "framecast.fullname" . }}-preview:8190{{- end -}}
{{- end -}}

{{- define "framecast.mediaDelivery" -}}
{{- .Values.s3.mediaDelivery | default (ternary "proxy" "redirect" (and .Values.minio.enabled (not .Values.s3.publicEndpoint))) -}}
{{- end -}}

{{/* A number as people write it: Helm reads all numbers as floats and would print 1e+06. */}}
{{- define "framecast.text" -}}
{{- if kindIs "float64" . -}}{{- if eq (floor .) . -}}{{ int64 . }}{{- else -}}{{ . }}{{- end -}}{{- else -}}{{ . }}{{- end -}}
{{- end -}}

{{/* Environment of server, workers and migrations. Argument: dict root, comfyuiUrls, owner (true: may become the owner of the tables). */}}
{{- define "framecast.environment" -}}
{{- $root := .root -}}
{{- if $root.Values.postgres.enabled }}
{{ include "framecast.secretVariable" (dict "root" $root "name" "POSTGRES_PASSWORD") }}
- name: DATABASE_URL
  value: postgresql://framecast:$(POSTGRES_PASSWORD)@{{ include "framecast.fullname" $root }}-postgres:5432/framecast
{{- else }}
{{ include "framecast.secretVariable" (dict "root" $root "name" "DATABASE_URL") }}
{{- end }}
{{- if .owner }}
{{ include "framecast.secretVariable" (dict "root" $root "name" "DATABASE_OWNER_URL" "optional" true) }}
{{- end }}
{{- range list "DATA_KEY" "S3_ACCESS_KEY" "S3_SECRET_KEY" }}
{{ include "framecast.secretVariable" (dict "root" $root "name" .) }}
{{- end }}
{{- range list "AUTH_SESSION_SECRET" "AUTH_JWT_SECRET" "SMTP_URL" "VOICE_API_KEY" "RUNPOD_API_KEY" "INTERNAL_TOKEN" }}
{{ include "framecast.secretVariable" (dict "root" $root "name" . "optional" true) }}
{{- end }}
- name: S3_ENDPOINT
  value: {{ ternary (printf "http://%s-minio:9000" (include "framecast.fullname" $root)) $root.Values.s3.endpoint $root.Values.minio.enabled | quote }}
{{- with $root.Values.s3.publicEndpoint }}
- name: S3_PUBLIC_ENDPOINT
  value: {{ . | quote }}
{{- end }}
- name: S3_REGION
  value: {{ $root.Values.s3.region | quote }}
- name: S3_FORCE_PATH_STYLE
  value: {{ $root.Values.s3.forcePathStyle | quote }}
- name: S3_BUCKET_OUTPUTS
  value: {{ $root.Values.s3.bucketOutputs | quote }}
- name: S3_BUCKET_SYSTEM
  value: {{ $root.Values.s3.bucketSystem | quote }}
- name: MEDIA_DELIVERY
  value: {{ include "framecast.mediaDelivery" $root | quote }}
{{- with include "framecast.previewUrl" $root }}
- name: PREVIEW_URL
  value: {{ . | quote }}
{{- end }}
{{- with .comfyuiUrls }}
- name: COMFYUI_URLS
  value: {{ . | quote }}
{{- end }}
# Every process gets the same default, whichever engines it can reach itself.
- name: DEFAULT_ENGINE
  value: {{ $root.Values.defaultEngine | default (ternary "comfyui" (ternary "runpod" "preview" (hasKey $root.Values.config "RUNPOD_ENDPOINT_ID")) (ne (include "framecast.allComfyuiUrls" $root) "")) }}
{{- if $root.Values.workflows.existingConfigMap }}
- name: WORKFLOWS_DIR
  value: /workflows
{{- end }}
{{- range $name, $value := $root.Values.config }}
- name: {{ $name }}
  value: {{ include "framecast.text" $value | quote }}
{{- end }}
{{- end -}}
