// Deployments
