"""The steps of the flow where they meet the world; `declarations.pipeline` puts them in order."""
