# Made by leanscaffold. Once edited this file is yours: `leanscaffold generate` leaves it
# alone, unless told --force.
#
#   docker buildx bake                                    each target, into the local engine
#   TAG=registry.example/team/gateway docker buildx bake all   one manifest list, pushed
#
# Behind certificates or an index of your own: CA=ca.pem PIP_CONF=pip.conf docker buildx bake
# (bake asks before it reads files outside of this folder: --allow=fs.read=PATH)

variable "TAG" {
  default = "gateway"
}

variable "CA" {
  default = ""
}

variable "PIP_CONF" {
  default = ""
}

group "default" {
  targets = ["arm64", "amd64"]
}

target "common" {
  context    = "."
  dockerfile = "Dockerfile"
  secret = compact([
    CA == "" ? "" : "id=ca,src=${CA}",
    PIP_CONF == "" ? "" : "id=pip_conf,src=${PIP_CONF}",
  ])
}

target "arm64" {
  inherits  = ["common"]
  platforms = ["linux/arm64"]
  tags      = ["${TAG}:arm64"]
  output    = ["type=docker"]
}

target "amd64" {
  inherits  = ["common"]
  platforms = ["linux/amd64"]
  tags      = ["${TAG}:amd64"]
  output    = ["type=docker"]
}

target "all" {
  inherits  = ["common"]
  platforms = ["linux/arm64", "linux/amd64"]
  tags      = ["${TAG}"]
  output    = ["type=registry"]
}
