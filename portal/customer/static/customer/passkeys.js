// Shows the way in by passkey where the browser knows one, and says it on the page when it came to nothing.
"use strict"

document.addEventListener("DOMContentLoaded", () => {
  if (!window.PublicKeyCredential) return
  for (const button of document.querySelectorAll("[data-passkey]")) button.hidden = false
})

document.addEventListener("allauth.error", event => {
  if (!event.detail.tags.includes("webauthn")) return
  event.preventDefault()
  for (const notice of document.querySelectorAll("[data-passkey-trouble]")) notice.hidden = false
})
